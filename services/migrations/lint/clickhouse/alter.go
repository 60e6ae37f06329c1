package clickhouse

import (
	"slices"
	"strings"
)

// alter is the list of commands of an ALTER.
type alter struct{ commands []command }

// command is one command of an ALTER, under the name that the server's EXPLAIN AST gives it.
type command struct {
	kind      string
	pos       int
	name      string // of the column, index, projection, constraint or statistics
	to        string // of a RENAME COLUMN
	column    column // of ADD and MODIFY COLUMN
	remove    string // MODIFY COLUMN ... REMOVE what
	guarded   bool
	clear     bool // CLEAR rather than DROP
	detach    bool // DETACH rather than DROP PARTITION
	replace   bool // REPLACE rather than ATTACH PARTITION FROM
	partition bool // IN PARTITION
	expr      expr // the key, TTL, query or partition
	change    mutation
	settings  map[string]string
	target    *object // another table: FROM or TO TABLE
}

// readAlter reads ALTER TABLE name [ON CLUSTER c] commands [SETTINGS].
func (s *statement) readAlter(c *cursor) {
	c.i++
	temporary := c.take("TEMPORARY")
	what, ok := c.takeAny("TABLE", "DATABASE", "USER", "ROLE", "QUOTA", "SETTINGS", "PROFILE", "ROW", "POLICY", "NAMED", "RESOURCE", "WORKLOAD")
	if !ok {
		s.head = "ALTER"
		s.fail(c, "expected what to alter")
		return
	}
	s.head = "ALTER " + what
	if what != "TABLE" && what != "DATABASE" {
		return
	}
	if c.at("IF", "EXISTS") {
		s.fail(c, "ALTER TABLE takes no IF EXISTS")
		return
	}
	if s.object, ok = c.object(); !ok {
		s.fail(c, "expected a name")
		return
	}
	s.cluster = c.onCluster()
	s.alter = &alter{}
	if temporary {
		s.head = "ALTER TEMPORARY TABLE"
	}
	body := c.until(atSettings)
	if c.take("SETTINGS") {
		s.settings = assignments(c.rest())
	}
	for _, piece := range commandPieces(body) {
		s.readCommand(&cursor{tokens: piece}, what == "DATABASE")
	}
	if len(s.alter.commands) == 0 {
		s.fail(&cursor{}, "expected a command")
	}
}

// commandHeads begin a command.
var commandHeads = []string{
	"ADD", "ALTER", "APPLY", "ATTACH", "CLEAR", "COMMENT", "DELETE", "DETACH", "DROP", "EXECUTE", "FETCH", "FORGET", "FREEZE", "MATERIALIZE", "MODIFY", "MOVE", "REMOVE",
	"RENAME", "REPLACE", "RESET", "REWRITE", "UNFREEZE", "UNLOCK", "UPDATE",
}

// commandPieces cuts the body at the commas that part commands; commas of assignments and lists are not among them.
func commandPieces(body []token) [][]token {
	var list [][]token
	for _, piece := range split(body) {
		if len(piece) > 1 && piece[0].is("(") && slices.Contains(commandHeads, piece[1].up) {
			c := cursor{tokens: piece}
			if inner, ok := c.group(); ok && c.done() {
				piece = inner
			}
		}
		begins := len(piece) > 0 && slices.Contains(commandHeads, piece[0].up) && (len(piece) == 1 || !piece[1].is("="))
		if n := len(list); n > 0 && !begins {
			from := list[n-1]
			joined := slices.Concat(from, []token{{text: ",", pos: from[len(from)-1].pos}}, piece)
			list[n-1] = joined
			continue
		}
		if len(piece) == 0 {
			piece = []token{{}}
		}
		list = append(list, piece)
	}
	return list
}

// readCommand reads one command.
func (s *statement) readCommand(c *cursor, database bool) {
	cmd := command{pos: c.peek(0).pos}
	verb := c.peek(0).up
	c.i++
	var ok bool
	switch verb {
	case "ADD", "DROP", "CLEAR", "MATERIALIZE":
		ok = cmd.readElement(c, verb)
	case "MODIFY", "ALTER", "RESET", "REMOVE":
		ok = cmd.readModify(c, verb)
	case "RENAME":
		ok = c.take("COLUMN")
		cmd.kind, cmd.guarded = "RENAME_COLUMN", c.ifExists()
		cmd.name, _ = c.column()
		ok = ok && c.take("TO")
		cmd.to, _ = c.column()
		ok = ok && cmd.to != "" && c.done()
	case "COMMENT":
		ok = c.take("COLUMN")
		cmd.kind, cmd.guarded = "COMMENT_COLUMN", c.ifExists()
		cmd.name, _ = c.column()
		ok = ok && c.peek(0).isString()
		c.i++
		ok = ok && c.done()
	case "UPDATE", "DELETE":
		cmd.kind, cmd.change = verb, readChange(c)
		cmd.partition = cmd.change.partition
		ok = len(cmd.change.where) > 0 && (verb == "DELETE" || len(cmd.change.set) > 0)
	default:
		ok = cmd.readParts(c, verb)
	}
	if !ok {
		if c.i > len(c.tokens) {
			c.i = len(c.tokens)
		}
		s.fail(c, "ALTER has no such command or lacks a part of it ("+strings.TrimSpace(verb+" "+strings.ReplaceAll(strings.TrimPrefix(cmd.kind, verb), "_", " "))+")")
		return
	}
	if database {
		cmd.kind = strings.Replace(cmd.kind, "MODIFY_", "MODIFY_DATABASE_", 1)
	}
	s.alter.commands = append(s.alter.commands, cmd)
}

// elements are what a table has besides its clauses.
var elements = []string{"COLUMN", "INDEX", "PROJECTION", "CONSTRAINT", "STATISTICS"}

// readElement reads ADD, DROP, CLEAR and MATERIALIZE of an element; DROP of a partition and MATERIALIZE TTL are among them.
func (cmd *command) readElement(c *cursor, verb string) bool {
	if verb == "DROP" && (c.at("PARTITION") || c.at("PART") || c.at("DETACHED")) {
		return cmd.readParts(c, verb)
	}
	if verb == "MATERIALIZE" && c.take("TTL") {
		cmd.kind = "MATERIALIZE_TTL"
		return cmd.inPartition(c)
	}
	what, ok := c.takeAny(elements...)
	if !ok {
		return false
	}
	cmd.kind = verb + "_" + what
	if verb == "CLEAR" {
		cmd.kind, cmd.clear = "DROP_"+what, true
	}
	if verb == "ADD" {
		cmd.guarded = c.ifNotExists()
	} else {
		cmd.guarded = c.ifExists()
	}
	if what == "COLUMN" && verb == "ADD" {
		cmd.column, ok = c.columnDefinition()
		cmd.name = cmd.column.name
		return ok && (cmd.column.typ.known() || cmd.column.kind != "") && c.place()
	}
	if cmd.name, ok = c.column(); !ok {
		return false
	}
	if verb == "ADD" && what == "CONSTRAINT" && !c.at("CHECK") && !c.at("ASSUME") {
		return false
	}
	if verb == "ADD" || what == "STATISTICS" {
		cmd.expr = c.rest()
		return len(cmd.expr) > 0 || verb != "ADD"
	}
	return cmd.inPartition(c)
}

// place passes FIRST or AFTER name at the end of a column.
func (c *cursor) place() bool {
	if c.take("AFTER") {
		_, ok := c.column()
		return ok && c.done()
	}
	c.take("FIRST")
	return c.done()
}

// inPartition passes IN PARTITION x at the end of a command.
func (cmd *command) inPartition(c *cursor) bool {
	if c.take("IN", "PARTITION") {
		cmd.partition = true
		cmd.expr = c.rest()
		return len(cmd.expr) > 0
	}
	return c.done()
}

// readModify reads MODIFY, ALTER COLUMN, RESET SETTING and REMOVE.
func (cmd *command) readModify(c *cursor, verb string) bool {
	switch {
	case verb == "RESET":
		cmd.kind = "RESET_SETTING"
		ok := c.take("SETTING")
		cmd.settings = map[string]string{}
		for _, piece := range split(c.rest()) {
			cmd.settings[join(piece)] = ""
		}
		return ok && len(cmd.settings) > 0
	case verb == "REMOVE" && c.take("TTL"):
		cmd.kind = "REMOVE_TTL"
		return c.done()
	case verb == "REMOVE" && c.take("SAMPLE", "BY"):
		cmd.kind = "REMOVE_SAMPLE_BY"
		return c.done()
	case verb == "REMOVE":
		return false
	case c.take("COLUMN"):
		return cmd.readModifyColumn(c, verb)
	case verb == "ALTER":
		return false
	case c.take("SETTING"):
		cmd.kind, cmd.settings = "MODIFY_SETTING", assignments(c.rest())
		return len(cmd.settings) > 0
	case c.at("DEFINER"), c.at("SQL", "SECURITY"):
		cmd.kind = "MODIFY_SQL_SECURITY"
		cmd.expr = c.rest()
		return true
	}
	for _, what := range [][]string{{"ORDER", "BY"}, {"SAMPLE", "BY"}, {"TTL"}, {"QUERY"}, {"REFRESH"}, {"COMMENT"}, {"STATISTICS"}, {"CONSTRAINT"}} {
		if c.take(what...) {
			cmd.kind = "MODIFY_" + strings.Join(what, "_")
			cmd.expr = c.rest()
			return len(cmd.expr) > 0
		}
	}
	return false
}

// readModifyColumn reads MODIFY COLUMN and ALTER COLUMN ... TYPE.
func (cmd *command) readModifyColumn(c *cursor, verb string) bool {
	cmd.kind, cmd.guarded = "MODIFY_COLUMN", c.ifExists()
	start := c.i
	var ok bool
	if cmd.name, ok = c.column(); !ok {
		return false
	}
	if c.take("ADD", "ENUM", "VALUES") {
		_, ok = c.group()
		return ok && c.done()
	}
	if verb == "ALTER" && !c.at("TYPE") && c.peek(0).isName() && !slices.Contains(columnHeads, c.peek(0).up) {
		return false
	}
	c.i = start
	cmd.column, ok = c.columnDefinition()
	switch {
	case !ok:
		return false
	case c.take("REMOVE"):
		cmd.remove = c.peek(0).up
		c.i++
		return c.done()
	case c.take("MODIFY", "SETTING"), c.take("RESET", "SETTING"):
		return len(c.rest()) > 0
	default:
		return c.i > start+1 && c.place() && c.tokens[len(c.tokens)-1].pos != c.tokens[start].pos
	}
}
