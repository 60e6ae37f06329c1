package reads

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// maxConditions bounds the shapes of a template: each condition doubles them.
const maxConditions = 12

// shapes returns every statement that the templates of a folder can make, by file and shape. A condition is a field of the data, alone, and so is a list, which is
// empty or has one element; a file without statement, which only defines parts, has none.
func shapes(fsys fs.FS) (map[string]string, error) {
	all, err := template.ParseFS(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, name := range names {
		t := all.Lookup(name)
		if t == nil || t.Tree == nil {
			continue
		}
		var conditions []string
		if err := collect(all, t.Root, &conditions); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(conditions) > maxConditions {
			return nil, fmt.Errorf("%s: it has %d conditions, more than %d", name, len(conditions), maxConditions)
		}
		for shape := range 1 << len(conditions) {
			data := map[string]any{}
			for i, c := range conditions {
				assign(data, strings.Split(c, "."), make([]bool, shape>>i&1)) // as true as a list with an element is
			}
			var text strings.Builder
			if err := t.Execute(&text, data); err != nil {
				return nil, err
			}
			if strings.TrimSpace(text.String()) != "" {
				found[fmt.Sprintf("%s shape %d", name, shape)] = named.ReplaceAllString(text.String(), "$1$$1")
			}
		}
	}
	return found, nil
}

// named is a parameter of pgx, @name, which Postgres gets as a numbered one.
var named = regexp.MustCompile(`(^|[\s(,=<>\[])@[a-z_][a-z0-9_]*`)

func assign(data map[string]any, path []string, value []bool) {
	for _, step := range path[:len(path)-1] {
		inner, ok := data[step].(map[string]any)
		if !ok {
			inner = map[string]any{}
			data[step] = inner
		}
		data = inner
	}
	data[path[len(path)-1]] = value
}

// collect finds the conditions of a template and of those that it calls.
func collect(all *template.Template, n parse.Node, into *[]string) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, inner := range n.Nodes {
			if err := collect(all, inner, into); err != nil {
				return err
			}
		}
	case *parse.TemplateNode:
		called := all.Lookup(n.Name)
		if called == nil {
			return fmt.Errorf("there is no template %q", n.Name)
		}
		return collect(all, called.Root, into)
	case *parse.IfNode:
		return collectBranch(all, &n.BranchNode, into)
	case *parse.RangeNode:
		return collectBranch(all, &n.BranchNode, into)
	case *parse.ActionNode:
		if !variable.MatchString(n.Pipe.String()) {
			return fmt.Errorf("%q is no variable", n.Pipe)
		}
	case *parse.TextNode, *parse.CommentNode:
	default:
		return fmt.Errorf("%q is neither text nor condition nor list nor call", n)
	}
	return nil
}

// collectBranch finds the condition, or the list, of a branch, and what is in it.
func collectBranch(all *template.Template, n *parse.BranchNode, into *[]string) error {
	if len(n.Pipe.Cmds) != 1 || !field.MatchString(n.Pipe.Cmds[0].String()) {
		return fmt.Errorf("the condition %q is not a field alone", n.Pipe)
	}
	condition := strings.TrimPrefix(n.Pipe.Cmds[0].String(), ".")
	if !slices.Contains(*into, condition) {
		*into = append(*into, condition)
	}
	if err := collect(all, n.List, into); err != nil {
		return err
	}
	return collect(all, n.ElseList, into)
}

// variable is what a list may print: the number of an element.
var variable = regexp.MustCompile(`^\$\w+$`)

var field = regexp.MustCompile(`^\.[A-Z]\w*(\.[A-Z]\w*)*$`)
