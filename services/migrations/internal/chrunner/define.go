package chrunner

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/migrations/internal/scratch"
)

// definition is an object as the server describes it.
type definition struct {
	text   string // create_table_query, "" when the object is not there
	engine string
	query  string // the SELECT of a view
}

func (h *host) definition(ctx context.Context, o object) (definition, error) {
	var d definition
	err := each(ctx, h.server, "SELECT create_table_query, engine, as_select FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		func(scan func(...any) error) error { return scan(&d.text, &d.engine, &d.query) },
		clickhouse.Named("database", o.in(h)), clickhouse.Named("name", o.name))
	return d, h.away(err)
}

// compare returns what a CREATE would make and what is there, in one form. The server fills in and rewrites so much that only the server can say what a statement makes:
// it makes it in a database of its own, which nobody writes to.
func (h *host) compare(ctx context.Context, s statement, live definition) (want, have string, err error) {
	have = body(live.text)
	text := ""
	switch {
	case s.what == "MATERIALIZED VIEW":
		return h.compareView(ctx, s, live)
	case s.what != "TABLE" || s.word("ENGINE") < 0:
		text = s.rest(s.to, len(s.tokens))
	default:
		text, have = plain(s, live)
	}
	made, err := h.make(ctx, "CREATE "+s.what+" ", text)
	if err != nil {
		return "", "", err
	}
	return body(made.text), have, nil
}

// rest is the text between two tokens without ON CLUSTER and UUID, and without the rows of AS SELECT.
func (s statement) rest(from, to int) string {
	c := &cursor{tokens: s.tokens[:to], i: from}
	for {
		if c.take("ON", "CLUSTER") || c.take("UUID") {
			c.i++
			continue
		}
		break
	}
	text := slice(s.formatted, c.tokens[c.i:])
	if s.what != "TABLE" {
		return text
	}
	if query := s.query(); query != nil && s.word("EMPTY") < 0 {
		at := query[0].pos - c.tokens[c.i].pos
		head, found := strings.CutSuffix(strings.TrimSpace(text[:at]), "AS")
		if found {
			return head + " EMPTY AS " + text[at:]
		}
	}
	return strings.Replace(text, "CLONE AS", "AS", 1)
}

// safeEngines do nothing by themselves when a table of them is made: they fetch nothing and tell nobody.
var safeEngines = []string{"Distributed", "Join", "Log", "Memory", "Merge", "Null", "Set", "StripeLog", "TinyLog"}

// plain returns the statement behind the name with an engine that can be made twice, and the live definition with the same change.
func plain(s statement, live definition) (want, have string) {
	at := s.word("ENGINE")
	name := at + 1
	if s.tokens[name].text == "=" {
		name++
	}
	engine := s.tokens[name].value()
	liveBody := tokenize(body(live.text))
	switch {
	case strings.HasPrefix(engine, "Replicated") && strings.HasSuffix(engine, "MergeTree"):
		want = s.rest(s.to, at) + " " + unreplicated(s.formatted, s.tokens[at:])
		have = unreplicatedBody(liveBody)
	case strings.HasSuffix(engine, "MergeTree"), slices.Contains(safeEngines, engine):
		want, have = s.rest(s.to, len(s.tokens)), body(live.text)
	default:
		// Kafka and its like would begin to work: only the columns can be compared, and the engine's name.
		want = s.rest(s.to, at) + " ENGINE = Memory COMMENT '" + engine + "'"
		if i := slices.IndexFunc(liveBody, func(t token) bool { return t.up == "ENGINE" }); i >= 0 {
			liveBody = append(liveBody[:i:i], tokenize("ENGINE = Memory COMMENT '"+live.engine+"'")...)
		}
		have = normal(liveBody)
	}
	return want, have
}

// unreplicated writes an ENGINE clause without the replication and its place in Keeper.
func unreplicated(text string, tokens []token) string {
	c := &cursor{tokens: tokens, i: 1}
	c.take("=")
	engine := strings.TrimPrefix(c.peek().value(), "Replicated")
	c.i++
	var rest []string
	for i, argument := range cut(c.group()) {
		if i < 2 && len(argument) == 1 && argument[0].isString() {
			continue
		}
		rest = append(rest, slice(text, argument))
	}
	if len(rest) > 0 {
		engine += "(" + strings.Join(rest, ", ") + ")"
	}
	return "ENGINE = " + engine + " " + slice(text, tokens[c.i:])
}

func unreplicatedBody(tokens []token) string {
	i := slices.IndexFunc(tokens, func(t token) bool { return t.up == "ENGINE" })
	if i < 0 {
		return normal(tokens)
	}
	text := normal(tokens)
	again := tokenize(text)
	return normal(tokenize(normal(again[:i]) + " " + unreplicated(text, again[i:])))
}

// compareView compares a materialized view without making one, since one that is made works at once: its query as a plain view, its target and its engine as text.
func (h *host) compareView(ctx context.Context, s statement, live definition) (want, have string, err error) {
	made, err := h.make(ctx, "CREATE VIEW ", "AS "+slice(s.formatted, s.query()))
	if err != nil {
		return "", "", err
	}
	want = viewHead(s, h) + " AS " + normal(tokenize(made.query))
	have = viewHead(read(live.text), h) + " AS " + normal(tokenize(live.query))
	return want, have, nil
}

// viewHead is where a materialized view puts its rows, and when.
func viewHead(s statement, h *host) string {
	var parts []string
	c := &cursor{tokens: s.tokens}
	if c.i = s.word("REFRESH"); c.i >= 0 {
		from := c.i
		for c.i < len(c.tokens) && !c.at("TO") && !c.at("ENGINE") && !c.at("AS") && !c.at("(") {
			c.i++
		}
		parts = append(parts, normal(s.tokens[from:c.i]))
	}
	if c.i = s.word("TO"); c.i >= 0 && s.word("ENGINE") < 0 {
		c.i++
		o := c.object()
		parts = append(parts, "TO "+o.in(h)+"."+o.name)
	}
	if c.i = s.word("ENGINE"); c.i >= 0 {
		end := len(s.tokens)
		if query := s.query(); query != nil {
			end -= len(query) + 1
		}
		engine := normal(s.tokens[c.i:end])
		parts = append(parts, strings.TrimSuffix(engine, " SETTINGS index_granularity = 8192"))
	}
	return strings.Join(parts, " ")
}

// make creates an object in a scratch database, describes it and drops it again.
func (h *host) make(ctx context.Context, head, tail string) (definition, error) {
	var made definition
	err := h.aside(ctx, func(name object) error {
		if err := h.conn.Exec(ctx, head+name.sql()+" "+tail); err != nil {
			return h.away(err)
		}
		var err error
		made, err = h.definition(ctx, name)
		return err
	})
	return made, err
}

// aside lends a name in a scratch database. The session stays in the database of the target, so that names without one mean what they mean in a file.
func (h *host) aside(ctx context.Context, work func(object) error) error {
	now, err := scalar[time.Time](ctx, h.server, "SELECT now('UTC')")
	if err != nil {
		return h.away(err)
	}
	name := object{database: scratch.Name(now), name: "made"}
	if err := h.server.Exec(ctx, "CREATE DATABASE "+quoted(name.database)); err != nil {
		return h.away(err)
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = h.server.Exec(last, "DROP DATABASE IF EXISTS "+quoted(name.database)+" SYNC") // what stays is dropped as a leftover
	}()
	return work(name)
}

// body is a definition in one form without the name of the object.
func body(create string) string {
	s := read(create)
	return s.what + " " + normal(s.tokens[s.to:])
}
