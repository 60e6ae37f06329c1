package clickhouse

import (
	"slices"
	"strings"
)

// statement is one statement as far as the rules need to know it. At most one of the parts is set.
type statement struct {
	source
	index    int // in its file, from 0
	head     string
	object   object            // what the statement speaks of
	cluster  string            // of ON CLUSTER
	settings map[string]string // of the SETTINGS at its end, or of SET
	guarded  bool              // IF EXISTS or IF NOT EXISTS
	sync     bool              // SYNC or NO DELAY
	wrong    *problem          // why the statement cannot be read

	alter  *alter
	create *create
	drops  []object  // of a DROP, DETACH or TRUNCATE, which may name several
	mutate *mutation // of DELETE FROM and UPDATE ... SET
	insert *insert
	rename []pair // of RENAME and EXCHANGE
}

// problem is a place that the server's parser would refuse, or that nobody here knows.
type problem struct {
	pos  int
	text string
}

// pair is a change of names.
type pair struct{ from, to object }

// mutation is a change of rows.
type mutation struct {
	set       map[string]string
	where     expr
	partition bool
}

// insert is INSERT INTO ... SELECT; query is nil for values.
type insert struct{ query *query }

// pos is where the statement begins.
func (s *statement) pos() int {
	if len(s.tokens) == 0 {
		return 0
	}
	return s.tokens[0].pos
}

// fail notes why the statement cannot be read; the first reason stays.
func (s *statement) fail(c *cursor, text string) {
	if s.wrong != nil {
		return
	}
	at := s.tokens[len(s.tokens)-1]
	near := at.pos + len(at.text)
	if !c.done() {
		near = c.peek(0).pos
		text += ", found " + quote(c.peek(0).text)
	}
	s.wrong = &problem{pos: near, text: text}
}

// quote shows a piece of SQL in a sentence, shortened.
func quote(text string) string {
	if len(text) > 40 {
		text = text[:40] + "..."
	}
	return `"` + text + `"`
}

// read recognises a statement.
func read(src source, index int) *statement {
	s := &statement{source: src, index: index, settings: map[string]string{}}
	c := &cursor{tokens: src.tokens}
	if text := unbalanced(src.tokens); text != "" {
		s.fail(&cursor{}, text)
	}
	switch word := c.peek(0).up; word {
	case "CREATE", "ATTACH", "REPLACE":
		s.readCreate(c)
	case "ALTER":
		s.readAlter(c)
	case "DROP", "DETACH", "TRUNCATE":
		s.readDrop(c)
	case "RENAME", "EXCHANGE":
		s.readRename(c)
	case "INSERT":
		s.readInsert(c)
	case "DELETE", "UPDATE":
		s.readMutation(c)
	case "SET":
		s.head = "SET"
		c.i++
		if !c.at("ROLE") && !c.at("DEFAULT", "ROLE") && !c.at("TRANSACTION") {
			if s.settings = assignments(c.rest()); len(s.settings) == 0 {
				s.fail(c, "expected name = value")
			}
		} else {
			s.head = "SET ROLE"
		}
	case "KILL":
		s.head = "KILL " + c.peek(1).up
		if c.i++; !slices.Contains([]string{"MUTATION", "QUERY", "PART_MOVE_TO_SHARD", "TRANSACTION"}, c.peek(0).up) {
			s.fail(c, "expected what to kill")
		}
	case "OPTIMIZE":
		s.readOptimize(c)
	default:
		s.head = word
		if !slices.Contains(otherHeads, word) && !c.at("(") {
			s.fail(c, "no statement of ClickHouse begins so")
		}
	}
	return s
}

// otherHeads begin statements that change no schema, or that are judged by their first word alone.
var otherHeads = []string{
	"BACKUP", "BEGIN", "CHECK", "COMMIT", "COPY", "DESC", "DESCRIBE", "EXECUTE", "EXISTS", "EXPLAIN", "FROM", "GRANT", "MOVE", "PARALLEL", "RESTORE", "REVOKE",
	"ROLLBACK", "SELECT", "SHOW", "SYSTEM", "UNDROP", "USE", "VALUES", "WATCH", "WITH",
}

// unbalanced says which parenthesis has no partner.
func unbalanced(tokens []token) string {
	var open []string
	for _, t := range tokens {
		switch {
		case t.depth() > 0:
			open = append(open, t.text)
		case t.depth() < 0:
			if len(open) == 0 || strings.IndexByte("([{", open[len(open)-1][0]) != strings.IndexByte(")]}", t.text[0]) {
				return "a " + quote(t.text) + " closes nothing"
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return "a " + quote(open[len(open)-1]) + " is not closed"
	}
	return ""
}

// readDrop reads DROP, DETACH and TRUNCATE.
func (s *statement) readDrop(c *cursor) {
	verb := c.peek(0).up
	c.i++
	c.take("TEMPORARY")
	what, ok := "", false
	for _, kind := range []string{
		"TABLE", "VIEW", "DATABASE", "DICTIONARY", "FUNCTION", "INDEX", "USER", "ROLE", "QUOTA", "PROFILE", "RESOURCE", "WORKLOAD", "POLICY", "COLLECTION",
	} {
		c.take("NAMED")
		c.take("SETTINGS")
		c.take("ROW")
		if ok = c.take(kind); ok {
			what = kind
			break
		}
	}
	switch {
	case ok:
	case verb == "TRUNCATE" && (c.take("ALL", "TABLES", "FROM") || c.take("TABLES", "FROM") || c.take("ALL", "TABLES", "IN")):
		what = "DATABASE"
	case verb == "TRUNCATE":
		what = "TABLE"
	default:
		s.fail(c, "expected what to "+strings.ToLower(verb))
	}
	s.head = verb + " " + what
	s.guarded = c.ifExists()
	c.take("IF", "EMPTY")
	for {
		o, ok := c.object()
		if !ok {
			s.fail(c, "expected a name")
			return
		}
		s.drops = append(s.drops, o)
		if !c.take(",") {
			break
		}
	}
	s.object = s.drops[0]
	if what == "INDEX" || what == "POLICY" {
		if c.take("ON"); !c.at("CLUSTER") {
			s.object, _ = c.object()
		}
	}
	s.readDropTail(c)
}

func (s *statement) readDropTail(c *cursor) {
	for !c.done() {
		switch {
		case c.at("ON", "CLUSTER"):
			if s.cluster = c.onCluster(); s.cluster == "" {
				s.fail(c, "expected the name of a cluster")
				return
			}
		case c.take("SYNC"), c.take("NO", "DELAY"):
			s.sync = true
		case c.take("PERMANENTLY"):
			s.head += " PERMANENTLY"
		case c.take("FORMAT"):
			c.i++
		case c.take("SETTINGS"):
			s.settings = assignments(c.rest())
		case strings.HasSuffix(s.head, "ROLE") || strings.HasSuffix(s.head, "USER") || strings.HasSuffix(s.head, "POLICY") || strings.HasSuffix(s.head, "INDEX"),
			strings.HasPrefix(s.head, "TRUNCATE DATABASE"):
			c.rest()
		default:
			s.fail(c, "expected the end of the statement")
			return
		}
	}
}

// readRename reads RENAME and EXCHANGE.
func (s *statement) readRename(c *cursor) {
	verb := c.peek(0).up
	c.i++
	what, ok := c.takeAny("TABLES", "TABLE", "DICTIONARIES", "DICTIONARY", "DATABASE")
	if !ok && verb == "EXCHANGE" {
		s.fail(c, "expected TABLES or DICTIONARIES")
		return
	}
	s.head = verb + " " + strings.TrimSuffix(what, "S")
	if !ok {
		s.head = "RENAME TABLE"
	}
	s.guarded = c.ifExists()
	between := "TO"
	if verb == "EXCHANGE" {
		between = "AND"
	}
	for {
		from, okFrom := c.object()
		okWord := okFrom && c.take(between)
		to, okTo := c.object()
		if !okFrom || !okWord || !okTo {
			s.fail(c, "expected a name "+between+" a name")
			return
		}
		s.rename = append(s.rename, pair{from, to})
		if !c.take(",") {
			break
		}
	}
	s.object = s.rename[0].from
	s.cluster = c.onCluster()
	if c.take("SETTINGS") {
		s.settings = assignments(c.rest())
	}
	if !c.done() {
		s.fail(c, "expected the end of the statement")
	}
}
