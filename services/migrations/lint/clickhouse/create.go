package clickhouse

import (
	"slices"
	"strings"
)

// create is a CREATE of something that holds or yields rows.
type create struct {
	orReplace bool
	temporary bool
	columns   []column
	indexes   []string
	keyed     bool // PRIMARY KEY among the columns
	engine    *engine
	like      *object // AS other_table
	query     *query  // AS SELECT
	to        *object // of a materialized view
	populate  bool
	refresh   bool
	order     expr // nil when there is none, as for the others
	primary   expr
	partition expr
	sample    expr
	ttl       expr
	source    expr // of a dictionary: what is in SOURCE(...)
	body      expr // of anything else
}

// engine is ENGINE = name(arguments).
type engine struct {
	name string
	args []expr
	pos  int
}

// isMergeTree reports whether parts are kept sorted by a key.
func (e *engine) isMergeTree() bool { return e != nil && strings.HasSuffix(e.name, "MergeTree") }

// isReplicated reports whether replicas keep each other in step.
func (e *engine) isReplicated() bool {
	return e != nil && (strings.HasPrefix(e.name, "Replicated") || strings.HasPrefix(e.name, "Shared"))
}

// keeper returns the path and the replica name in the arguments, when they are written.
func (e *engine) keeper() (path, replica string, ok bool) {
	if !e.isReplicated() || len(e.args) < 2 || len(e.args[0]) != 1 || len(e.args[1]) != 1 || !e.args[0][0].isString() || !e.args[1][0].isString() {
		return "", "", false
	}
	return e.args[0][0].value(), e.args[1][0].value(), true
}

// own returns the arguments behind the path and the replica name.
func (e *engine) own() []expr {
	if e == nil {
		return nil
	}
	if _, _, ok := e.keeper(); ok {
		return e.args[2:]
	}
	return e.args
}

// objects are what CREATE makes, by their first words.
var objects = [][]string{
	{"MATERIALIZED", "VIEW"},
	{"WINDOW", "VIEW"},
	{"TABLE"},
	{"VIEW"},
	{"DATABASE"},
	{"DICTIONARY"},
	{"FUNCTION"},
	{"NAMED", "COLLECTION"},
	{"USER"},
	{"ROLE"},
	{"ROW", "POLICY"},
	{"POLICY"},
	{"QUOTA"},
	{"SETTINGS", "PROFILE"},
	{"PROFILE"},
	{"RESOURCE"},
	{"WORKLOAD"},
	{"UNIQUE", "INDEX"},
	{"INDEX"},
}

// readCreate reads CREATE, ATTACH and REPLACE.
func (s *statement) readCreate(c *cursor) {
	verb := c.peek(0).up
	c.i++
	cr := &create{orReplace: verb == "REPLACE" || c.take("OR", "REPLACE")}
	cr.temporary = c.take("TEMPORARY")
	for _, words := range objects {
		if c.take(words...) {
			s.head = strings.Join(words, " ")
			break
		}
	}
	if s.head == "" {
		s.head = verb
		s.fail(c, "expected what to "+strings.ToLower(verb))
		return
	}
	if verb == "ATTACH" {
		s.head = "ATTACH " + s.head
	} else {
		s.head = "CREATE " + s.head
	}
	s.guarded = c.ifNotExists()
	o, ok := c.object()
	if !ok && !c.peek(0).isString() {
		s.fail(c, "expected a name")
		return
	}
	s.object, s.create = o, cr
	s.guarded = s.guarded || c.ifNotExists() // CREATE USER has it in front only, the others too
	switch s.head {
	case "CREATE TABLE", "CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE DICTIONARY", "CREATE DATABASE", "CREATE WINDOW VIEW", "ATTACH TABLE":
		s.readDefinition(c)
	case "CREATE INDEX", "CREATE UNIQUE INDEX":
		if ok = c.take("ON"); ok {
			s.object, ok = c.object()
		}
		if !ok {
			s.fail(c, "expected ON and the name of a table")
		}
		cr.body = c.rest()
	default:
		cr.body = c.rest()
		for i := range cr.body {
			at := cursor{tokens: cr.body, i: i}
			if name := at.onCluster(); name != "" {
				s.cluster = name
			}
		}
	}
}

// readDefinition reads what follows the name: columns and clauses in any order.
func (s *statement) readDefinition(c *cursor) {
	cr := s.create
	for !c.done() {
		switch {
		case c.take("UUID"), c.take("COMMENT"), s.head == "ATTACH TABLE" && c.take("FROM"):
			c.i++
		case c.at("ON", "CLUSTER"):
			if s.cluster = c.onCluster(); s.cluster == "" {
				s.fail(c, "expected the name of a cluster")
				return
			}
		case c.at("(") && cr.columns == nil && !cr.keyed:
			inner, ok := c.group()
			if !ok {
				return
			}
			s.readColumns(inner)
		case c.take("TO"):
			if c.peek(0).isString() { // TO INNER UUID '...', ATTACH ...
				c.i++
				continue
			}
			o, ok := c.object()
			if !ok {
				s.fail(c, "expected the name of a table")
				return
			}
			cr.to = &o
		case c.take("ENGINE"), c.take("INNER", "ENGINE"):
			c.take("=")
			s.readEngine(c)
		case c.take("PARTITION", "BY"):
			cr.partition = s.key(c, "PARTITION BY")
		case c.take("PRIMARY", "KEY"):
			cr.primary = s.key(c, "PRIMARY KEY")
		case c.take("ORDER", "BY"):
			cr.order = s.key(c, "ORDER BY")
		case c.take("SAMPLE", "BY"):
			cr.sample = s.key(c, "SAMPLE BY")
		case c.take("TTL"):
			cr.ttl = c.clause()
		case c.at("SETTINGS"):
			c.i++
			for name, value := range assignments(c.clause().bare()) {
				s.settings[name] = value
			}
		case c.take("POPULATE"):
			cr.populate = true
		case c.take("EMPTY"), c.take("FINAL"), c.take("APPEND"):
		case c.take("REFRESH"):
			cr.refresh = true
			c.clause()
		case c.at("DEFINER"), c.at("SQL", "SECURITY"), c.at("DEPENDS"), c.at("RANDOMIZE"), c.at("WATERMARK"), c.at("ALLOWED_LATENESS"):
			c.i++
			c.clause()
		case s.head == "CREATE DICTIONARY" && c.take("SOURCE"):
			cr.source, _ = c.group()
		case s.head == "CREATE DICTIONARY" && (c.take("LAYOUT") || c.take("LIFETIME") || c.take("RANGE")):
			c.group()
		case c.take("CLONE", "AS"), c.take("AS"):
			s.readAs(c)
		default:
			s.fail(c, "expected a clause of "+s.head)
			return
		}
		if s.wrong != nil {
			return
		}
	}
}

// readAs reads what stands behind AS: a query, a table function or another table.
func (s *statement) readAs(c *cursor) {
	if startsQuery(c) {
		q := readQuery(c.rest())
		s.create.query = &q
		return
	}
	o, ok := c.object()
	if !ok {
		s.fail(c, "expected a query or a table behind AS")
		return
	}
	if c.at("(") {
		from := c.i - 1
		c.group()
		s.create.body = c.tokens[from:c.i]
	}
	s.create.like = &o
}

// readEngine reads name(arguments).
func (s *statement) readEngine(c *cursor) {
	if !c.peek(0).isName() {
		s.fail(c, "expected the name of an engine")
		return
	}
	s.create.engine = &engine{name: c.peek(0).value(), pos: c.peek(0).pos}
	c.i++
	if c.at("(") {
		inner, _ := c.group()
		for _, piece := range split(inner) {
			s.create.engine.args = append(s.create.engine.args, piece)
		}
	}
}

// key passes one expression; only those of a dictionary may be several without parentheses.
func (s *statement) key(c *cursor, clause string) expr {
	e := c.clause()
	if len(e) == 0 || len(split(e)) > 1 && s.head != "CREATE DICTIONARY" {
		s.fail(c, "expected one expression behind "+clause)
	}
	return e
}

// clauseHeads begin the clauses of a CREATE.
var clauseHeads = [][]string{
	{"ENGINE"},
	{"PARTITION", "BY"},
	{"PRIMARY", "KEY"},
	{"ORDER", "BY"},
	{"SAMPLE", "BY"},
	{"TTL"},
	{"SETTINGS"},
	{"COMMENT"},
	{"AS"},
	{"POPULATE"},
	{"EMPTY"},
	{"SOURCE"},
	{"LAYOUT"},
	{"LIFETIME"},
	{"RANGE"},
	{"DEFINER"},
	{"SQL", "SECURITY"},
	{"TO"},
	{"APPEND"},
	{"REFRESH"},
	{"DEPENDS"},
	{"RANDOMIZE"},
}

// clause passes the tokens of a clause. It is never nil.
func (c *cursor) clause() expr {
	start := c.i
	e := c.until(func(c *cursor) bool {
		// TTL d TO VOLUME 'x', and a parenthesis of columns behind REFRESH
		if c.at("TO") && (c.peek(1).is("VOLUME") || c.peek(1).is("DISK") || c.peek(1).isString()) {
			return false
		}
		return c.i > start && slices.ContainsFunc(clauseHeads, func(words []string) bool { return c.at(words...) }) ||
			c.i == start && c.at("AS")
	})
	if e == nil {
		e = []token{}
	}
	return e
}
