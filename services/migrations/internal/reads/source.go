package reads

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// beginning is how a literal begins that is SQL: the house writes keywords in upper case, and sqlc puts a comment before them.
var beginning = regexp.MustCompile(`^\s*(?:--[^\n]*\n\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|COPY|VALUES|TRUNCATE|LOCK)\s`)

// source is the Go files of one folder.
type source struct {
	files []*ast.File
	set   *token.FileSet
	// values has what the constants and variables of the package are made of.
	values map[string]ast.Expr
}

func parseSource(fsys fs.FS) (*source, error) {
	s := &source{set: token.NewFileSet(), values: map[string]ast.Expr{}}
	names, err := fs.Glob(fsys, "*.go")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Names) == len(spec.Values) {
				for i, name := range spec.Names {
					s.values[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	return s, nil
}

// statements returns the SQL in the literals of the folder, with the place of each.
func (s *source) statements() (map[string]string, error) {
	found := map[string]string{}
	var mistakes []error
	visit := func(n ast.Node) bool {
		expr, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text, whole := s.text(expr)
		if !beginning.MatchString(text) {
			return true
		}
		place := s.set.Position(expr.Pos()).String()
		if !whole {
			mistakes = append(mistakes, fmt.Errorf("%s: the statement is not made of constants alone, so that its columns are not known", place))
		}
		found[place] = text
		return false
	}
	for _, file := range s.files {
		ast.Inspect(file, visit)
	}
	return found, errors.Join(mistakes...)
}

// text is the value of an expression of string constants; whole is false when a part is not one.
func (s *source) text(e ast.Expr) (text string, whole bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.ParenExpr:
		return s.text(e.X)
	case *ast.BinaryExpr:
		left, leftWhole := s.text(e.X)
		right, rightWhole := s.text(e.Y)
		return left + right, e.Op == token.ADD && leftWhole && rightWhole
	case *ast.Ident:
		if value, ok := s.values[e.Name].(*ast.BasicLit); ok {
			return s.text(value)
		}
	}
	return "", false
}

// copies returns the columns of the tables that pgx's CopyFrom fills.
func (s *source) copies() ([]string, error) {
	var list []string
	var mistakes []error
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if fun, ok := call.Fun.(*ast.SelectorExpr); !ok || fun.Sel.Name != "CopyFrom" || len(call.Args) != 4 {
				return true
			}
			table, known := s.list(call.Args[1])
			columns, all := s.list(call.Args[2])
			switch {
			case !known || !all || len(table) == 0:
				mistakes = append(mistakes, fmt.Errorf("%s: CopyFrom does not get a literal table and columns, so that they are not known", s.set.Position(call.Pos())))
			case len(table) == 1 || table[0] == "public":
				for _, c := range columns {
					list = append(list, table[len(table)-1]+"."+c)
				}
			}
			return true
		})
	}
	return list, errors.Join(mistakes...)
}

// list is the value of an expression that is a list of string constants.
func (s *source) list(e ast.Expr) ([]string, bool) {
	if name, ok := e.(*ast.Ident); ok {
		e = s.values[name.Name]
	}
	composite, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	var list []string
	for _, element := range composite.Elts {
		text, whole := s.text(element)
		if !whole {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}
