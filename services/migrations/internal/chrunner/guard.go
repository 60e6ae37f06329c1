package chrunner

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"devtrail.dev/services/migrations"
)

// before notes what is there, for the run after a crash.
func (h *host) before(ctx context.Context, s statement, _ before) (before, error) {
	b := before{Query: uuid.NewString()}
	if len(s.actions) > 0 {
		ids, err := h.mutations(ctx, s.object())
		if err != nil {
			return b, err
		}
		for _, m := range ids {
			b.Mutation = max(b.Mutation, m.number)
		}
	}
	if len(s.pairs) > 0 {
		b.UUIDs = map[string]string{}
		for _, o := range s.objects {
			id, err := h.uuid(ctx, o)
			if err != nil {
				return b, err
			}
			b.UUIDs[o.String()] = id
		}
	}
	return b, nil
}

// left returns what is left to send of a statement, "" when its effect is there. Prior is the row of an earlier attempt of the same text, nil when there was none.
// It refuses when something else stands in the place, or when nobody can know whether rows were moved.
func (r *run) left(ctx context.Context, h *host, s statement, prior *entry, was before) (string, error) {
	if s.fills() && prior != nil && prior.state == started {
		done, err := r.filled(ctx, h, s, was, time.Time{})
		if done || err != nil {
			return "", err
		}
	}
	switch {
	case s.verb == "CREATE" && !s.replace, s.verb == "ATTACH":
		return r.leftOfCreate(ctx, h, s, prior)
	case s.verb == "DROP" || s.verb == "DETACH":
		return r.leftOfDrop(ctx, h, s, prior)
	case len(s.pairs) > 0 && s.what != "DATABASE":
		return r.leftOfRename(ctx, h, s, prior, was)
	case len(s.actions) > 0:
		return r.leftOfActions(ctx, h, s, prior, was)
	}
	return s.text, nil
}

// leftOfCreate skips an object that is there with this definition and refuses one with another.
func (r *run) leftOfCreate(ctx context.Context, h *host, s statement, prior *entry) (string, error) {
	o := s.object()
	if o.name == "" {
		return s.text, nil
	}
	switch s.what {
	case "DATABASE":
		n, err := scalar[uint64](ctx, h.server, "SELECT count() FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", o.name))
		if n > 0 && (s.guarded || prior != nil) {
			return "", nil
		}
		return s.text, h.away(err)
	case "FUNCTION":
		return r.leftOfFunction(ctx, h, s)
	case "TABLE", "VIEW", "MATERIALIZED VIEW", "DICTIONARY":
	default:
		return s.text, nil
	}
	live, err := h.definition(ctx, o)
	if err != nil || live.text == "" {
		return s.text, err
	}
	if s.verb == "ATTACH" {
		if prior != nil {
			return "", nil
		}
		return s.text, nil
	}
	want, have, err := h.compare(ctx, s, live)
	if err != nil {
		return "", migrations.ErrRefused.With("%s%s%s is there already, and its definition cannot be compared with the statement: %v", r.where(s), h.prefix(), o, err)
	}
	if want != have {
		return "", migrations.ErrRefused.With("%s%s%s is there already with another definition: drop or rename it, or change it with ALTER; it should be [%s] and is [%s]", r.where(s), h.prefix(), o, want, have)
	}
	return "", nil
}

func (r *run) leftOfFunction(ctx context.Context, h *host, s statement) (string, error) {
	live, err := scalar[string](ctx, h.server, "SELECT create_query FROM system.functions WHERE name = {name:String} AND origin = 'SQLUserDefined'", clickhouse.Named("name", s.object().name))
	if err != nil || live == "" {
		return s.text, h.away(err)
	}
	tokens := tokenize(live)
	is := read(live)
	want, have := bare(s.tokens[s.to:]), bare(tokens[is.to:])
	if want != have {
		return "", migrations.ErrRefused.With("%s%sfunction %s is there already with another definition: it should be [%s] and is [%s]", r.where(s), h.prefix(), s.object(), want, have)
	}
	return "", nil
}

// leftOfDrop passes over what an earlier attempt has dropped.
func (r *run) leftOfDrop(ctx context.Context, h *host, s statement, prior *entry) (string, error) {
	if prior == nil || s.guarded || !slices.Contains([]string{"TABLE", "VIEW", "DICTIONARY"}, s.what) {
		return s.text, nil
	}
	var there []string
	for _, o := range s.objects {
		live, err := h.definition(ctx, o)
		if err != nil {
			return "", err
		}
		if live.text != "" {
			there = append(there, o.sql())
		}
	}
	switch len(there) {
	case 0:
		return "", nil
	case len(s.objects):
		return s.text, nil
	}
	return s.verb + " " + s.what + " " + strings.Join(there, ", "), nil
}

// leftOfRename finds by the UUIDs how far an earlier attempt came. Several renames of a statement are not one step for the server.
func (r *run) leftOfRename(ctx context.Context, h *host, s statement, prior *entry, was before) (string, error) {
	if prior == nil || prior.state != started {
		return s.text, nil
	}
	now := map[string]string{}
	for _, o := range s.objects {
		id, err := h.uuid(ctx, o)
		if err != nil {
			return "", err
		}
		now[o.String()] = id
	}
	state := map[string]string{}
	for name, id := range was.UUIDs {
		state[name] = id
	}
	same := func() bool {
		for name, id := range now {
			if state[name] != id {
				return false
			}
		}
		return true
	}
	for i := 0; i <= len(s.pairs); i++ {
		if same() {
			return renameOf(s, i), nil
		}
		if i < len(s.pairs) {
			from, to := s.pairs[i][0].String(), s.pairs[i][1].String()
			if s.verb == "EXCHANGE" {
				state[from], state[to] = state[to], state[from]
			} else {
				state[from], state[to] = "", state[from]
			}
		}
	}
	return "", migrations.ErrRefused.With("%s%san earlier attempt was cut off, and the tables are neither as before it nor as after it: bring %s into the order that the statement makes, or back",
		r.where(s), h.prefix(), s.object())
}

// renameOf writes a RENAME or EXCHANGE from the pair with this number on.
func renameOf(s statement, from int) string {
	if from == 0 {
		return s.text
	}
	if from == len(s.pairs) {
		return ""
	}
	between := " TO "
	if s.verb == "EXCHANGE" {
		between = " AND "
	}
	var pairs []string
	for _, p := range s.pairs[from:] {
		pairs = append(pairs, p[0].sql()+between+p[1].sql())
	}
	return s.verb + " " + s.what + " " + strings.Join(pairs, ", ")
}

// filled asks the server's query log whether a statement that moves rows came to its end in an attempt that failed or was cut off. It refuses when a part may have.
// What was sent before since is not looked for: the log may be long.
func (r *run) filled(ctx context.Context, h *host, s statement, was before, since time.Time) (bool, error) {
	if s.verb == "CREATE" {
		// The server takes a new table away whose rows did not all come.
		live, err := h.definition(ctx, s.object())
		if err != nil || live.text == "" {
			return false, err
		}
	}
	if exception(h.server.Exec(ctx, "SYSTEM FLUSH LOGS")) == nil {
		var wrote uint64
		var kinds []string
		err := each(ctx, h.server, `
SELECT
    toString(type),
    written_rows
FROM system.query_log
WHERE event_date >= toDate({since:String})
  AND startsWith(query_id, {id:String})
  AND type != 'QueryStart'`, func(scan func(...any) error) error {
			var kind string
			var rows uint64
			if err := scan(&kind, &rows); err != nil {
				return err
			}
			wrote += rows
			kinds = append(kinds, kind)
			return nil
		}, clickhouse.Named("id", was.Query), clickhouse.Named("since", max("1970-01-01", since.UTC().AddDate(0, 0, -1).Format(time.DateOnly))))
		switch {
		case err != nil && exception(err) == nil:
			return false, h.away(err)
		case slices.Contains(kinds, "QueryFinish"):
			return true, nil
		case len(kinds) > 0 && wrote == 0:
			return false, nil
		}
	}
	if s.replace {
		return false, nil // what it makes takes the place of the old table as a whole
	}
	return false, migrations.ErrRefused.With("%s%s%s was cut off in an earlier attempt, and a part of its rows may be there; ClickHouse has no transaction that would take them back. "+
		"Look at %s, and edit the statement so that it brings only what is missing: an edited statement runs again", r.where(s), h.prefix(), s.verb, s.object())
}

// engine returns the engine of a table, "" when it is not there.
func (h *host) engine(ctx context.Context, o object) (string, error) {
	if o.name == "" {
		return "", nil
	}
	engine, err := scalar[string](ctx, h.server, "SELECT engine FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		clickhouse.Named("database", o.in(h)), clickhouse.Named("name", o.name))
	return engine, h.away(err)
}

// uuid returns the UUID of a table, "" when it is not there.
func (h *host) uuid(ctx context.Context, o object) (string, error) {
	id, err := scalar[string](ctx, h.server, "SELECT toString(uuid) FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		clickhouse.Named("database", o.in(h)), clickhouse.Named("name", o.name))
	return id, h.away(err)
}

// number reads the digits of a mutation's id: mutation_12.txt, or 0000000012 of a replicated table.
func number(id string) int64 {
	digits := strings.TrimSuffix(strings.TrimPrefix(id, "mutation_"), ".txt")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
