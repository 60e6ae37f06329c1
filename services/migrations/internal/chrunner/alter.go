package chrunner

import (
	"slices"
)

// action is one command of an ALTER TABLE. The formatter puts each into parentheses of its own.
type action struct {
	tokens  []token
	text    string
	source  string // the text in which the tokens stand
	verb    string // ADD, DROP, MODIFY, RENAME, UPDATE and so on
	what    string // COLUMN, INDEX, PROJECTION, CONSTRAINT, PARTITION, TTL and so on; empty for UPDATE and DELETE
	name    string // of the column, index and so on
	to      string // of RENAME COLUMN
	guarded bool
	define  []token // what ADD and MODIFY write behind the name
}

// readActions reads the commands and the tail of an ALTER.
func (s *statement) readActions(c *cursor) {
	for c.at("(") {
		s.actions = append(s.actions, readAction(s.formatted, c.group()))
		if !c.take(",") {
			break
		}
	}
	s.tail = slice(s.formatted, c.tokens[c.i:])
}

func readAction(text string, tokens []token) action {
	a := action{tokens: tokens, text: slice(text, tokens), source: text}
	c := &cursor{tokens: tokens}
	a.verb = c.peek().up
	c.i++
	if a.verb == "UPDATE" || a.verb == "DELETE" {
		return a
	}
	a.what = c.peek().up
	c.i++
	a.guarded = c.take("IF", "NOT", "EXISTS") || c.take("IF", "EXISTS")
	switch a.what {
	case "COLUMN", "INDEX", "PROJECTION", "CONSTRAINT", "STATISTICS":
		a.name = c.name()
		if a.verb == "RENAME" && c.take("TO") {
			a.to = c.name()
		}
	}
	a.define = c.tokens[c.i:]
	return a
}

// deletion is what DELETE FROM does inside: a mutation which hides the rows.
func deletion(c *cursor) action {
	where := c.tokens[c.i:]
	if end := slices.IndexFunc(where, func(t token) bool { return t.up == "SETTINGS" }); end >= 0 {
		where = where[:end]
	}
	return action{verb: "UPDATE", tokens: append(tokenize("UPDATE _row_exists = 0"), where...)}
}

// sets returns the columns that an UPDATE writes.
func (a action) sets() []string {
	if a.verb != "UPDATE" {
		return nil
	}
	var names []string
	for _, piece := range cut(a.tokens[1:]) {
		c := &cursor{tokens: piece}
		if name := c.name(); name != "" && c.at("=") {
			names = append(names, name)
		}
	}
	return names
}

// mutates reports whether the server does the action, or a part of it, as a mutation.
func (a action) mutates() bool {
	switch a.verb {
	case "UPDATE", "DELETE", "MATERIALIZE", "CLEAR", "REWRITE", "APPLY":
		return true
	case "DROP":
		return slices.Contains([]string{"COLUMN", "INDEX", "PROJECTION", "STATISTICS"}, a.what)
	case "RENAME":
		return a.what == "COLUMN"
	case "MODIFY":
		return a.what == "COLUMN" || a.what == "TTL"
	}
	return false
}

// heavy reports whether the action is nothing but a mutation, which repeats all its work when it is sent twice.
func (a action) heavy() bool {
	return slices.Contains([]string{"UPDATE", "DELETE", "MATERIALIZE", "REWRITE", "APPLY"}, a.verb)
}

// made reports whether a command of system.mutations is of this action.
func (a action) made(command string) bool {
	tokens := tokenize(command)
	if c := (&cursor{tokens: tokens}); len(tokens) > 1 && tokens[0].text == "(" {
		if inner := c.group(); c.i == len(tokens) {
			tokens = inner
		}
	}
	if a.verb == "UPDATE" || a.verb == "DELETE" {
		return bare(tokens) == bare(a.tokens)
	}
	b := readAction(command, tokens)
	if a.what == "TTL" {
		return b.what == "TTL"
	}
	return a.verb == b.verb && a.what == b.what && a.name == b.name
}

// bare writes tokens without parentheses, which the server adds and leaves out by taste.
func bare(tokens []token) string {
	return normal(slices.DeleteFunc(slices.Clone(tokens), func(t token) bool { return t.text == "(" || t.text == ")" }))
}

// typeOf returns the type that ADD COLUMN or MODIFY COLUMN writes; empty when it writes none.
func (a action) typeOf() string {
	if len(a.define) == 0 || !a.define[0].isName() {
		return ""
	}
	if slices.Contains([]string{"DEFAULT", "MATERIALIZED", "EPHEMERAL", "ALIAS", "CODEC", "COMMENT", "TTL", "REMOVE", "SETTINGS", "MODIFY", "RESET", "STATISTICS", "FIRST", "AFTER", "NULL", "NOT"}, a.define[0].up) {
		return ""
	}
	c := &cursor{tokens: a.define, i: 1}
	if c.at("(") {
		c.group()
	}
	return slice(a.source, a.define[:c.i])
}
