package clickhouse

import "strings"

// cursor walks over the tokens of a statement.
type cursor struct {
	tokens []token
	i      int
}

func (c *cursor) done() bool { return c.i >= len(c.tokens) }

// peek returns the token n places ahead, an empty one behind the end.
func (c *cursor) peek(n int) token {
	if c.i+n < len(c.tokens) {
		return c.tokens[c.i+n]
	}
	return token{}
}

// at reports whether the next tokens are these keywords or signs.
func (c *cursor) at(words ...string) bool {
	for n, w := range words {
		if c.i+n >= len(c.tokens) || !c.tokens[c.i+n].is(w) {
			return false
		}
	}
	return true
}

// take passes the keywords when they come next.
func (c *cursor) take(words ...string) bool {
	if !c.at(words...) {
		return false
	}
	c.i += len(words)
	return true
}

// takeAny passes one of the keywords and returns it.
func (c *cursor) takeAny(words ...string) (string, bool) {
	for _, w := range words {
		if c.take(w) {
			return w, true
		}
	}
	return "", false
}

// object is the name of a table, view or database, with its database when it is written.
type object struct {
	database, name string
	pos            int
}

// String returns the name as it is written in SQL without quotes.
func (o object) String() string {
	if o.database == "" {
		return o.name
	}
	return o.database + "." + o.name
}

// object reads [database.]name.
func (c *cursor) object() (object, bool) {
	first := c.peek(0)
	if c.done() || !first.isName() {
		return object{}, false
	}
	c.i++
	o := object{name: first.value(), pos: first.pos}
	if c.at(".") && c.peek(1).isName() {
		o.database, o.name = o.name, c.peek(1).value()
		c.i += 2
	}
	return o, true
}

// column reads the name of a column, which may be one of a Nested: a.b.
func (c *cursor) column() (string, bool) {
	first := c.peek(0)
	if c.done() || !first.isName() {
		return "", false
	}
	c.i++
	parts := []string{first.value()}
	for c.at(".") && c.peek(1).isName() {
		parts = append(parts, c.peek(1).value())
		c.i += 2
	}
	return strings.Join(parts, "."), true
}

// group passes a parenthesis and returns what is in it.
func (c *cursor) group() ([]token, bool) {
	if !c.at("(") {
		return nil, false
	}
	depth := 0
	for j := c.i; j < len(c.tokens); j++ {
		depth += c.tokens[j].depth()
		if depth == 0 {
			inner := c.tokens[c.i+1 : j]
			c.i = j + 1
			return inner, true
		}
	}
	return nil, false
}

// until passes tokens up to the first, outside parentheses, for which stop holds; at least none, at most all.
func (c *cursor) until(stop func(*cursor) bool) []token {
	from, depth := c.i, 0
	for !c.done() {
		if depth == 0 && stop(c) {
			break
		}
		depth += c.tokens[c.i].depth()
		c.i++
	}
	return c.tokens[from:c.i]
}

// rest passes all that is left.
func (c *cursor) rest() []token {
	left := c.tokens[c.i:]
	c.i = len(c.tokens)
	return left
}

// ifExists and ifNotExists pass the guard of a command.
func (c *cursor) ifExists() bool    { return c.take("IF", "EXISTS") }
func (c *cursor) ifNotExists() bool { return c.take("IF", "NOT", "EXISTS") }

// onCluster passes ON CLUSTER name and returns the name.
func (c *cursor) onCluster() string {
	if !c.at("ON", "CLUSTER") || (!c.peek(2).isName() && !c.peek(2).isString() && c.peek(2).text != "{") {
		return ""
	}
	c.i += 2
	if c.at("{") {
		name := join(c.until(func(c *cursor) bool { return c.i > 0 && c.tokens[c.i-1].is("}") }))
		return name
	}
	c.i++
	return c.tokens[c.i-1].value()
}

// split cuts tokens at the commas outside parentheses; empty pieces are kept, except for no tokens at all.
func split(tokens []token) [][]token {
	if len(tokens) == 0 {
		return nil
	}
	var list [][]token
	from, depth := 0, 0
	for i, t := range tokens {
		depth += t.depth()
		if depth == 0 && t.is(",") {
			list = append(list, tokens[from:i])
			from = i + 1
		}
	}
	return append(list, tokens[from:])
}

// join writes tokens in one way, whatever blanks and quotes the author chose.
func join(tokens []token) string {
	var b strings.Builder
	word := false
	for _, t := range tokens {
		text := t.text
		if t.isName() {
			text = t.value()
		}
		isWord := t.isName() || t.up != ""
		if word && isWord {
			b.WriteByte(' ')
		}
		b.WriteString(text)
		word = isWord
	}
	return b.String()
}

// assignments reads name = value, name = value.
func assignments(tokens []token) map[string]string {
	set := map[string]string{}
	for _, piece := range split(tokens) {
		c := cursor{tokens: piece}
		if name, ok := c.column(); ok && c.take("=") {
			value := c.rest()
			text := join(value)
			if len(value) == 1 {
				text = value[0].value()
			}
			set[name] = text
		}
	}
	return set
}
