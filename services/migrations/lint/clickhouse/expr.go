package clickhouse

import (
	"slices"
	"strings"
)

// expr is an expression, kept as its tokens.
type expr []token

// String returns the expression written in one way, so that equal ones compare equal.
func (e expr) String() string { return join(e.bare()) }

// bare takes away parentheses that enclose all of the expression.
func (e expr) bare() expr {
	for len(e) >= 2 && e[0].is("(") {
		c := cursor{tokens: e}
		inner, ok := c.group()
		if !ok || !c.done() || len(split(inner)) > 1 {
			break
		}
		e = inner
	}
	return e
}

// column returns the name when the expression is a column and nothing else.
func (e expr) column() (string, bool) {
	c := cursor{tokens: e.bare()}
	name, ok := c.column()
	if ok && (c.at("ASC") || c.at("DESC")) {
		c.i++
	}
	return name, ok && c.done()
}

// call returns the name in lower case and the arguments when the expression is one function call.
func (e expr) call() (string, []expr, bool) {
	b := e.bare()
	if len(b) < 3 || !b[0].isName() || !b[1].is("(") {
		return "", nil, false
	}
	c := cursor{tokens: b, i: 1}
	inner, ok := c.group()
	if ok && c.at("(") { // parameters, then arguments
		inner, ok = c.group()
	}
	if !ok || !c.done() {
		return "", nil, false
	}
	var args []expr
	for _, piece := range split(inner) {
		args = append(args, piece)
	}
	return strings.ToLower(b[0].value()), args, true
}

// elements takes a key apart: (a, b), tuple(a, b) or a alone.
func (e expr) elements() []expr {
	if len(e) == 0 {
		return nil
	}
	c := cursor{tokens: e}
	if c.take("TUPLE") || c.at("(") {
		if inner, ok := c.group(); ok && c.done() {
			var list []expr
			for _, piece := range split(inner) {
				if len(piece) > 0 {
					list = append(list, piece)
				}
			}
			return list
		}
	}
	return []expr{e}
}

// names returns the names in the expression that are not functions: columns, and keywords that look like them. Parts of a.b are named a.b, a and b.
func (e expr) names() []string {
	var list []string
	for i := 0; i < len(e); i++ {
		if !e[i].isName() || (i+1 < len(e) && e[i+1].is("(")) {
			continue
		}
		c := cursor{tokens: e, i: i}
		name, _ := c.column()
		list = append(list, name)
		if strings.Contains(name, ".") {
			list = append(list, strings.Split(name, ".")...)
		}
		i = c.i - 1
	}
	return list
}

// uses reports whether the expression names the column.
func (e expr) uses(column string) bool { return slices.Contains(e.names(), column) }

// functions returns the names of the functions called anywhere in the expression, in lower case.
func (e expr) functions() []string {
	var list []string
	for i, t := range e {
		if t.isName() && i+1 < len(e) && e[i+1].is("(") {
			list = append(list, strings.ToLower(t.value()))
		}
	}
	return list
}

// callsAny reports whether one of the functions is called.
func (e expr) callsAny(names ...string) bool {
	return slices.ContainsFunc(e.functions(), func(f string) bool { return slices.Contains(names, f) })
}

// always reports whether a condition holds for every row, as far as its text says: 1, true, 1 = 1.
func (e expr) always() bool {
	b := e.bare()
	switch len(b) {
	case 1:
		return b[0].is("TRUE") || (b[0].up != "" && b[0].text != "0" && !b[0].isName())
	case 3:
		return b[1].is("=") && b[0].text == b[2].text
	case 4:
		return b[1].is("=") && b[2].is("=") && b[0].text == b[3].text
	default:
		return false
	}
}
