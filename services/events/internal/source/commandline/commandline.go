// Package commandline recognizes in a shell command the packages that it asks a package manager for: npm install, pip install, go get and their like.
// That a package was asked for does not say that it was installed. It is pure, and used by the adapters of sources that see commands, such as
// AI coding agents. It keeps no part of a command that it does not know: anything may stand in one.
package commandline

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"mvdan.cc/sh/v3/syntax"
)

// What is read at most: of a command's text, of brackets in one another, for which the parser looks ahead again and again, of commands, of shells in shells.
const (
	maxScript   = 16 << 10
	maxBrackets = 200
	maxRequests = 50
	maxNesting  = 3
)

// Request is what one command asks one package manager for.
type Request struct {
	// Manager is the program, like npm; Verb what it is to do, like install.
	Manager, Verb string
	// Purls are the packages, canonical. A version stands in a purl only when the command names exactly one.
	Purls []string
	// Constraints are what the command says of the others' versions, by purl.
	Constraints map[string]string
	// Elsewhere are things that are no packages of the registry: folders, archives, repositories; addresses are without credentials.
	Elsewhere []string
	// Index is the address of the registry when the command names one, without credentials.
	Index string
}

// Script is what is known of a script.
type Script struct {
	// Requests are those of the script, in order.
	Requests []Request
	// Programs are the names of the programs that it starts, each once, in order.
	Programs []string
}

// Parse reads a script. Text that is no shell script says nothing.
func Parse(script string) Script {
	var r reader
	r.script(script, 0)
	return Script{Requests: r.found, Programs: r.programs}
}

// Join makes a script of a command's arguments. The script of a shell called with -c is that script.
func Join(argv []string) string {
	if script, ok := shellScript(argv); ok {
		return script
	}
	words := make([]string, 0, len(argv))
	for _, arg := range argv {
		word, err := syntax.Quote(arg, syntax.LangBash)
		if err != nil { // a NUL, which no argument can hold
			continue
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// Unquoted is Join for arguments that somebody has joined by blanks without quoting them: what a shell is called with is all the rest.
func Unquoted(joined string) string {
	if script, ok := shellScript(strings.SplitN(joined, " ", 3)); ok {
		return script
	}
	return joined
}

// reader gathers what a script asks for.
type reader struct {
	found    []Request
	programs []string
}

func (r *reader) script(script string, nesting int) {
	if len(script) > maxScript || brackets(script) > maxBrackets || nesting > maxNesting {
		return
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		if stmt, ok := node.(*syntax.Stmt); ok {
			r.statement(stmt, script, nesting)
		}
		return true
	})
}

// statement reads a command, and the script that its shell reads from a here-document.
func (r *reader) statement(stmt *syntax.Stmt, script string, nesting int) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return
	}
	argv := words(call.Args)
	r.command(argv, nesting)
	if !readsScript(unwrapped(argv)) {
		return
	}
	for _, redirect := range stmt.Redirs {
		switch {
		case redirect.Op == syntax.WordHdoc:
			r.script(text(redirect.Word.Parts), nesting+1)
		case redirect.Hdoc != nil:
			r.script(script[redirect.Hdoc.Pos().Offset():redirect.Hdoc.End().Offset()], nesting+1)
		}
	}
}

// brackets is how deep the round ones of a script stand in one another.
func brackets(script string) (deepest int) {
	depth := 0
	for i := range len(script) {
		switch script[i] {
		case '(':
			depth++
			deepest = max(deepest, depth)
		case ')':
			depth = max(depth-1, 0)
		}
	}
	return deepest
}

// command reads one command.
func (r *reader) command(argv []string, nesting int) {
	argv = unwrapped(argv)
	if len(argv) == 0 || argv[0] == "" || nesting > maxNesting {
		return
	}
	if script, ok := shellScript(argv); ok {
		r.script(script, nesting+1)
		return
	}
	name := program(argv[0])
	if name == "eval" {
		r.script(strings.Join(argv[1:], " "), nesting+1)
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		return // a script in quotes, of which nothing is a name
	}
	if name != "" && len(name) <= 100 && !slices.Contains(r.programs, name) && len(r.programs) < maxRequests {
		r.programs = append(r.programs, name)
	}
	request, script, command := read(name, known(argv[1:]))
	if len(request.Purls)+len(request.Elsewhere) > 0 && len(r.found) < maxRequests {
		r.found = append(r.found, request)
	}
	if script != "" {
		r.script(script, nesting+1)
	}
	r.command(command, nesting+1)
}

// program is the name of a program without its folder and the ends of Windows.
func program(word string) string {
	name := path.Base(strings.ReplaceAll(word, `\`, "/"))
	for _, end := range []string{".exe", ".cmd", ".ps1"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}
