package clickhouse

import (
	"slices"
	"strings"
)

// query is a SELECT, as far as a linter looks: what it gives out, where it reads from and what it names.
type query struct {
	tokens   expr
	outputs  []output // of the first SELECT of a UNION
	sources  []object // tables that any part of it reads; names of WITH are left out
	calls    []string // table functions in FROM, in lower case
	star     bool     // a star among the outputs
	where    expr     // all conditions of all its parts
	limit    int      // rows of the outermost LIMIT, 0 when there is none
	settings map[string]string
}

// output is one item behind SELECT.
type output struct {
	name  string // alias or column, "" when neither
	value expr
}

// startsQuery reports whether a SELECT comes next.
func startsQuery(c *cursor) bool {
	n := 0
	for c.peek(n).is("(") {
		n++
	}
	up := c.peek(n).up
	return up == "SELECT" || up == "WITH" || (up == "FROM" && n == 0)
}

// clauses end the list of outputs and the parts behind it.
var clauses = []string{
	"FROM", "PREWHERE", "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "SETTINGS", "FORMAT", "UNION", "EXCEPT", "INTERSECT", "INTO", "ARRAY",
	"LEFT", "RIGHT", "INNER", "FULL", "CROSS", "JOIN", "GLOBAL", "ANY", "ALL", "ASOF", "SEMI", "ANTI", "PASTE", "FINAL", "SAMPLE", "ON", "USING",
}

// readQuery reads a SELECT.
func readQuery(tokens []token) query {
	q := query{tokens: tokens, settings: map[string]string{}}
	q.readOutputs(tokens)
	q.readSources(tokens)
	for i := range tokens {
		c := &cursor{tokens: tokens, i: i}
		switch {
		case c.take("WHERE"), c.take("PREWHERE"):
			q.where = append(q.where, c.until(func(c *cursor) bool {
				return c.peek(0).is(")") || (slices.Contains(clauses, c.peek(0).up) && !c.peek(1).is("("))
			})...)
		case atSettings(c):
			c.i++
			for name, value := range assignments(c.until(func(c *cursor) bool { return c.peek(0).is(")") })) {
				q.settings[name] = value
			}
		case i > 0 && c.take("LIMIT"):
			if n := c.peek(0).text; len(n) < 10 && strings.Trim(n, "0123456789") == "" && !c.peek(1).is("BY") && !c.peek(1).is(",") {
				q.limit = 0
				for _, digit := range n {
					q.limit = q.limit*10 + int(digit-'0')
				}
			}
		}
	}
	return q
}

// readOutputs reads the list behind the first SELECT that is not in WITH.
func (q *query) readOutputs(tokens []token) {
	c := &cursor{tokens: tokens}
	for c.at("(") && startsQuery(c) {
		c.i++
	}
	if c.at("WITH") {
		c.until(func(c *cursor) bool { return c.at("SELECT") })
	}
	if c.at("FROM") { // FROM t SELECT a
		c.until(func(c *cursor) bool { return c.at("SELECT") })
	}
	if !c.take("SELECT") {
		return
	}
	if c.take("DISTINCT") && c.take("ON") {
		c.group()
	}
	list := c.until(func(c *cursor) bool {
		up := c.peek(0).up
		return c.peek(0).is(")") || (up != "EXCEPT" && up != "ALL" && up != "ANY" && slices.Contains(clauses, up) && !c.peek(1).is("("))
	})
	for _, item := range split(list) {
		if len(item) == 0 {
			continue
		}
		out := readOutput(item)
		if isStar(item) {
			q.star = true
		}
		q.outputs = append(q.outputs, out)
	}
}

// isStar reports whether an item is *, t.* or COLUMNS(...), whatever modifiers follow.
func isStar(item expr) bool {
	if item[0].is("*") {
		return true
	}
	c := cursor{tokens: item}
	if c.at("COLUMNS", "(") {
		return true
	}
	if _, ok := c.object(); ok {
		return c.at(".", "*") || c.at(".", "COLUMNS", "(")
	}
	return false
}

// readOutput takes the alias of an item off.
func readOutput(item expr) output {
	n := len(item)
	last := item[n-1]
	if n >= 3 && item[n-2].is("AS") && last.isName() {
		return output{name: last.value(), value: item[:n-2]}
	}
	if name, ok := item.column(); ok {
		parts := strings.Split(name, ".")
		return output{name: parts[len(parts)-1], value: item}
	}
	// An alias without AS: a name behind something that can end an expression.
	if before := item[max(0, n-2)]; n >= 2 && last.isName() && last.up != "END" && last.up != "NULL" &&
		(before.is(")") || before.is("]") || before.is("END") || before.isString() || (before.isName() && !slices.Contains(operators, before.up)) || isNumber(before)) {
		return output{name: last.value(), value: item[:n-1]}
	}
	return output{value: item}
}

// operators are words behind which an operand comes.
var operators = []string{"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "BETWEEN", "DIV", "MOD", "INTERVAL", "CASE", "WHEN", "THEN", "ELSE", "DISTINCT", "GLOBAL"}

func isNumber(t token) bool { return t.up != "" && t.text[0] >= '0' && t.text[0] <= '9' }

// readSources finds the tables behind FROM and JOIN, at any depth.
func (q *query) readSources(tokens []token) {
	var with []string
	for i, t := range tokens {
		c := &cursor{tokens: tokens, i: i}
		// name AS (SELECT ...
		if t.isName() && c.peek(1).is("AS") && c.peek(2).is("(") && (c.peek(3).is("SELECT") || c.peek(3).is("WITH")) {
			with = append(with, t.value())
		}
	}
	for i := range tokens {
		c := &cursor{tokens: tokens, i: i}
		if _, ok := c.takeAny("FROM", "JOIN"); !ok {
			continue
		}
		q.readFrom(c, with)
	}
}

func (q *query) readFrom(c *cursor, with []string) {
	for {
		o, ok := c.object()
		switch {
		case !ok:
			if _, ok := c.group(); !ok {
				return
			}
		case c.at("("):
			q.calls = append(q.calls, strings.ToLower(o.name))
			c.group()
		case o.database != "" || !slices.Contains(with, o.name):
			q.sources = append(q.sources, o)
		}
		if c.take("AS") || (c.peek(0).isName() && !slices.Contains(clauses, c.peek(0).up)) {
			c.i++
		}
		c.take("FINAL")
		if !c.take(",") {
			return
		}
	}
}
