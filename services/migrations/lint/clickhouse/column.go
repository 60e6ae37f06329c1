package clickhouse

import "slices"

// column is the definition of a column, whole in CREATE and ADD COLUMN, in parts in MODIFY COLUMN.
type column struct {
	name    string
	typ     dataType
	kind    string // DEFAULT, MATERIALIZED, EPHEMERAL or ALIAS, "" when none is written
	value   expr   // behind kind
	codec   []expr
	ttl     expr
	primary bool
	comment bool
	pos     int
}

// columnHeads end the type of a column and the parts behind it.
var columnHeads = []string{
	"NULL", "NOT", "DEFAULT", "MATERIALIZED", "EPHEMERAL", "ALIAS", "AUTO_INCREMENT", "COMMENT", "CODEC", "STATISTICS", "TTL", "COLLATE", "PRIMARY", "SETTINGS",
	"FIRST", "AFTER", "REMOVE", "MODIFY", "RESET",
}

// columnDefinition reads the definition of a column. What is left behind it is the caller's.
func (c *cursor) columnDefinition() (column, bool) {
	pos := c.peek(0).pos
	name, ok := c.column()
	if !ok {
		return column{}, false
	}
	col := column{name: name, pos: pos}
	c.take("TYPE")
	if !c.done() && !slices.Contains(columnHeads, c.peek(0).up) && c.peek(0).isName() {
		if col.typ, ok = c.dataType(); !ok {
			return col, false
		}
	}
	for !c.done() {
		switch {
		case c.take("NOT", "NULL"):
		case c.take("NULL"):
			col.typ = dataType{name: "Nullable", args: []expr{col.typ.tokens()}}
		case c.at("DEFAULT"), c.at("MATERIALIZED"), c.at("EPHEMERAL"), c.at("ALIAS"):
			col.kind = c.peek(0).up
			c.i++
			col.value = c.part()
			if len(col.value) == 0 && col.kind != "EPHEMERAL" {
				return col, false
			}
		case c.take("AUTO_INCREMENT"):
		case c.take("COMMENT"):
			if len(col.codec) > 0 || len(col.ttl) > 0 {
				return col, false // the server wants it in front of both
			}
			col.comment = true
			c.i++
		case c.take("CODEC"):
			inner, ok := c.group()
			if !ok {
				return col, false
			}
			for _, piece := range split(inner) {
				col.codec = append(col.codec, piece)
			}
		case c.take("STATISTICS"), c.take("SETTINGS"):
			c.group()
		case c.take("COLLATE"):
			c.i++
		case c.take("TTL"):
			col.ttl = c.part()
		case c.take("PRIMARY", "KEY"):
			col.primary = true
		default:
			return col, true
		}
	}
	return col, true
}

// part passes an expression up to the next part of a column.
func (c *cursor) part() expr {
	start := c.i
	return c.until(func(c *cursor) bool {
		up := c.peek(0).up
		// DEFAULT NULL, DEFAULT x IS NOT NULL; and names that are called, like comment(...)
		if c.i == start || up == "NULL" || up == "NOT" || (c.peek(1).is("(") && up != "CODEC" && up != "STATISTICS" && up != "SETTINGS") {
			return false
		}
		return slices.Contains(columnHeads, up)
	})
}

// tokens writes a type as tokens again.
func (t dataType) tokens() expr {
	src, err := scan(t.String())
	if err != nil || len(src) == 0 {
		return nil
	}
	return src[0].tokens
}

// readColumns reads the parenthesis of a CREATE.
func (s *statement) readColumns(tokens []token) {
	pieces := split(tokens)
	if n := len(pieces); n > 1 && len(pieces[n-1]) == 0 {
		pieces = pieces[:n-1] // a comma at the end is allowed
	}
	for _, piece := range pieces {
		c := &cursor{tokens: piece}
		switch {
		case c.at("INDEX") && len(piece) > 2 && slices.ContainsFunc(piece[2:], func(t token) bool { return t.up == "TYPE" }):
			s.create.indexes = append(s.create.indexes, c.peek(1).value())
		case c.at("PROJECTION") && (c.peek(2).is("(") || c.peek(2).is("INDEX")):
			s.create.indexes = append(s.create.indexes, c.peek(1).value())
		case c.at("CONSTRAINT") && (c.peek(2).is("CHECK") || c.peek(2).is("ASSUME")), c.at("FOREIGN", "KEY"):
		case c.take("PRIMARY", "KEY"):
			s.create.keyed = true
			s.create.primary = c.rest()
		case s.head == "CREATE MATERIALIZED VIEW" || s.head == "CREATE VIEW" || s.head == "CREATE DICTIONARY" || s.head == "CREATE WINDOW VIEW":
			if col, ok := c.columnDefinition(); ok { // a view may list names alone, a dictionary has words of its own
				s.create.columns = append(s.create.columns, col)
			}
		default:
			col, ok := c.columnDefinition()
			if !ok || !c.done() || (!col.typ.known() && col.kind == "") {
				s.fail(c, "expected the definition of a column")
				return
			}
			if col.primary {
				s.create.keyed = true
			}
			s.create.columns = append(s.create.columns, col)
		}
	}
}
