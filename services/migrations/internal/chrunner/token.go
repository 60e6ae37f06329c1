package chrunner

import (
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// token is one word, quoted thing or sign of a statement as the server wrote it; blanks are left out.
type token struct {
	text string
	up   string // a word in upper case, "" for anything else
	pos  int    // in the statement, in bytes
	kind sqlsplit.Kind
}

func tokenize(sql string) []token {
	pieces, err := sqlsplit.Tokens(sql, sqlsplit.ClickHouse)
	if err != nil {
		return nil
	}
	var tokens []token
	for _, p := range pieces {
		if p.Kind == sqlsplit.Blank {
			continue
		}
		t := token{text: p.Text, pos: p.Pos, kind: p.Kind}
		if p.Kind == sqlsplit.Word {
			t.up = strings.ToUpper(p.Text)
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// isName reports whether the token can name something.
func (t token) isName() bool {
	return t.kind == sqlsplit.Word && (t.text[0] < '0' || t.text[0] > '9') || t.kind == sqlsplit.Quoted && t.text[0] == '`'
}

// isString reports whether the token is a string.
func (t token) isString() bool { return t.kind == sqlsplit.Quoted && t.text[0] == '\'' }

// value is the name without its quotes, the text of anything else.
func (t token) value() string {
	if t.kind == sqlsplit.Quoted && t.text[0] == '`' {
		return strings.NewReplacer("\\`", "`", "``", "`", `\\`, `\`).Replace(t.text[1 : len(t.text)-1])
	}
	return t.text
}

// normal writes tokens in one way, whatever blanks and quotes of names stand between them.
func normal(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.value())
	}
	return b.String()
}

// slice returns the text from the first of the tokens to the last.
func slice(text string, tokens []token) string {
	if len(tokens) == 0 {
		return ""
	}
	last := tokens[len(tokens)-1]
	return text[tokens[0].pos : last.pos+len(last.text)]
}

// cut parts tokens at the commas outside parentheses.
func cut(tokens []token) [][]token {
	var list [][]token
	from, depth := 0, 0
	for i, t := range tokens {
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case ",":
			if depth == 0 {
				list = append(list, tokens[from:i])
				from = i + 1
			}
		}
	}
	if from < len(tokens) {
		list = append(list, tokens[from:])
	}
	return list
}

// cursor walks over tokens.
type cursor struct {
	tokens []token
	i      int
}

func (c *cursor) peek() token {
	if c.i < len(c.tokens) {
		return c.tokens[c.i]
	}
	return token{}
}

func (c *cursor) at(words ...string) bool {
	for n, w := range words {
		if c.i+n >= len(c.tokens) {
			return false
		}
		if t := c.tokens[c.i+n]; t.up != w && (t.up != "" || t.text != w) {
			return false
		}
	}
	return true
}

// take passes the words when they come next.
func (c *cursor) take(words ...string) bool {
	if !c.at(words...) {
		return false
	}
	c.i += len(words)
	return true
}

// name passes a name, whose parts may be joined by dots.
func (c *cursor) name() string {
	if !c.peek().isName() {
		return ""
	}
	parts := []string{c.peek().value()}
	c.i++
	for c.at(".") && c.i+1 < len(c.tokens) && c.tokens[c.i+1].isName() {
		parts = append(parts, c.tokens[c.i+1].value())
		c.i += 2
	}
	return strings.Join(parts, ".")
}

// object passes the name of a table with or without its database.
func (c *cursor) object() object {
	if !c.peek().isName() {
		return object{}
	}
	o := object{name: c.peek().value()}
	c.i++
	if c.at(".") && c.i+1 < len(c.tokens) {
		o.database, o.name = o.name, c.tokens[c.i+1].value()
		c.i += 2
	}
	return o
}

// group passes a parenthesis and returns what is in it.
func (c *cursor) group() []token {
	if !c.at("(") {
		return nil
	}
	depth := 0
	for j := c.i; j < len(c.tokens); j++ {
		switch c.tokens[j].text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			inner := c.tokens[c.i+1 : j]
			c.i = j + 1
			return inner
		}
	}
	return nil
}
