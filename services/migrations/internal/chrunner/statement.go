package chrunner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// object is the name of a table, view or dictionary; database is empty when it is not written.
type object struct{ database, name string }

// in returns the database, which is the target's when none is written.
func (o object) in(h *host) string {
	if o.database == "" {
		return h.database
	}
	return o.database
}

func (o object) String() string {
	if o.database == "" {
		return o.name
	}
	return o.database + "." + o.name
}

// sql is the name as it can stand in a statement.
func (o object) sql() string {
	if o.database == "" {
		return quoted(o.name)
	}
	return quoted(o.database) + "." + quoted(o.name)
}

// statement is one statement of a file, read from the form that the server's own formatter gives it.
type statement struct {
	number, line int
	text         string // as it stands in the file
	checksum     string
	formatted    string
	tokens       []token // of formatted

	verb    string // the first word
	what    string // TABLE, VIEW, MATERIALIZED VIEW, DICTIONARY and so on
	guarded bool   // it has IF EXISTS or IF NOT EXISTS
	replace bool   // CREATE OR REPLACE
	cluster bool   // it has ON CLUSTER
	objects []object
	from    int         // the first token of objects[0]
	to      int         // the first token behind it
	pairs   [][2]object // of RENAME and EXCHANGE
	actions []action    // of ALTER TABLE
	tail    string      // SETTINGS of an ALTER
}

// object is what the statement speaks of.
func (s statement) object() object {
	if len(s.objects) == 0 {
		return object{}
	}
	return s.objects[0]
}

// statements cuts a text and has the server format each piece. A piece that the server's parser refuses is refused with its words.
func (h *host) statements(ctx context.Context, file, text string) ([]statement, error) {
	pieces, err := sqlsplit.Split(text, sqlsplit.ClickHouse)
	if err != nil {
		return nil, migrations.ErrRefused.With("%s: %v", file, err)
	}
	list := make([]statement, len(pieces))
	for i, p := range pieces {
		formatted, err := scalar[string](ctx, h.server, "SELECT formatQuerySingleLine({query:String})", clickhouse.Named("query", p.Text))
		if e := exception(err); e != nil {
			message, _, _ := strings.Cut(e.Message, ": In scope SELECT")
			return nil, migrations.ErrRefused.With("%s line %d: the server cannot read the statement: %s", file, p.Line, message)
		}
		if err != nil {
			return nil, h.away(err)
		}
		sum := sha256.Sum256([]byte(p.Text))
		list[i] = read(formatted)
		list[i].number, list[i].line, list[i].text, list[i].checksum = i+1, p.Line, p.Text, hex.EncodeToString(sum[:])
	}
	return list, nil
}

// kinds are what can be created, the longer before the shorter.
var kinds = [][]string{
	{"MATERIALIZED", "VIEW"},
	{"LIVE", "VIEW"},
	{"WINDOW", "VIEW"},
	{"ROW", "POLICY"},
	{"SETTINGS", "PROFILE"},
	{"NAMED", "COLLECTION"},
	{"TABLES"},
	{"TABLE"},
	{"VIEW"},
	{"DICTIONARIES"},
	{"DICTIONARY"},
	{"FUNCTION"},
	{"DATABASE"},
	{"INDEX"},
	{"USER"},
	{"ROLE"},
	{"QUOTA"},
}

// read understands a statement as the formatter writes it.
func read(formatted string) statement {
	s := statement{formatted: formatted, tokens: tokenize(formatted)}
	c := &cursor{tokens: s.tokens}
	s.verb = c.peek().up
	c.i++
	if c.take("OR", "REPLACE") {
		s.replace = true
	}
	if s.verb == "REPLACE" {
		s.verb, s.replace = "CREATE", true
	}
	switch s.verb {
	case "CREATE", "ATTACH", "DROP", "DETACH", "TRUNCATE", "RENAME", "EXCHANGE", "ALTER", "OPTIMIZE":
		c.take("TEMPORARY")
		s.readKind(c)
		s.guarded = c.take("IF", "NOT", "EXISTS") || c.take("IF", "EXISTS")
		c.take("IF", "EMPTY")
		s.readObjects(c)
	case "INSERT":
		c.take("INTO")
		c.take("TABLE")
		if !c.at("FUNCTION") {
			s.readObjects(c)
		}
	case "DELETE":
		c.take("FROM")
		s.readObjects(c)
		s.actions = []action{deletion(c)}
	case "UPDATE":
		s.readObjects(c)
	}
	if s.verb == "ALTER" && s.what == "TABLE" {
		s.readActions(c)
	}
	return s
}

func (s *statement) readKind(c *cursor) {
	for _, words := range kinds {
		if c.take(words...) {
			s.what = strings.Join(words, " ")
			return
		}
	}
}

// readObjects reads one name, several of a DROP, or the pairs of a RENAME.
func (s *statement) readObjects(c *cursor) {
	for {
		from := c.i
		o := c.object()
		if o.name == "" {
			return
		}
		if len(s.objects) == 0 {
			s.from, s.to = from, c.i
		}
		s.objects = append(s.objects, o)
		if (s.verb == "RENAME" && c.take("TO")) || (s.verb == "EXCHANGE" && c.take("AND")) {
			other := c.object()
			s.objects = append(s.objects, other)
			s.pairs = append(s.pairs, [2]object{o, other})
		}
		if !slices.Contains([]string{"DROP", "RENAME", "EXCHANGE", "DETACH"}, s.verb) || !c.take(",") {
			break
		}
	}
	if s.onCluster(c) {
		s.cluster = true
	}
}

func (s *statement) onCluster(c *cursor) bool {
	if !c.take("ON", "CLUSTER") {
		return false
	}
	c.i++
	return true
}

// query returns the tokens of the SELECT behind AS, nil when there is none.
func (s statement) query() []token {
	depth := 0
	for i := s.to; i < len(s.tokens); i++ {
		switch t := s.tokens[i]; {
		case t.text == "(":
			depth++
		case t.text == ")":
			depth--
		case depth == 0 && t.up == "AS" && i+1 < len(s.tokens):
			if next := s.tokens[i+1]; next.up == "SELECT" || next.up == "WITH" || next.text == "(" {
				return s.tokens[i+1:]
			}
		}
	}
	return nil
}

// word returns the place of a word outside parentheses, -1 when it is not there.
func (s statement) word(word string) int {
	depth := 0
	for i := s.to; i < len(s.tokens); i++ {
		switch t := s.tokens[i]; {
		case t.text == "(":
			depth++
		case t.text == ")":
			depth--
		case depth == 0 && t.up == word:
			return i
		}
	}
	return -1
}

// fills reports whether the statement moves rows in a way of which half can be done, so that its repetition could bring rows twice.
func (s statement) fills() bool {
	switch s.verb {
	case "INSERT", "UPDATE":
		return true
	case "CREATE":
		if s.what == "TABLE" && s.query() != nil {
			return s.word("EMPTY") < 0
		}
		return s.what == "MATERIALIZED VIEW" && s.word("POPULATE") >= 0
	}
	return slices.ContainsFunc(s.actions, func(a action) bool {
		return a.verb == "ATTACH" && slices.ContainsFunc(a.tokens, func(t token) bool { return t.up == "FROM" })
	})
}

// exception is the server's answer in an error; nil when the error is none of the server.
func exception(err error) *clickhouse.Exception {
	e, _ := errors.AsType[*clickhouse.Exception](err)
	return e
}
