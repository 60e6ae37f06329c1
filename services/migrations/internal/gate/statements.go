package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/lease"
	"devtrail.dev/services/migrations/internal/reads"
)

// sample is what pg_stat_statements said at a look.
type sample struct {
	// Reset and Dropped change when it forgets statements.
	Reset   time.Time `json:"reset"`
	Dropped int64     `json:"dropped"`
	// Calls has the statements that use the objects.
	Calls map[string]int64 `json:"calls"`
}

// statement is a row of pg_stat_statements.
type statement struct {
	Key, User, Text string
	Calls           int64
}

// askStatements compares what pg_stat_statements counted with the last look. Without it only connections and leases can say who used what: then a time in
// which they were not watched, and a time with strangers, are not known.
func (j *Judge) askStatements(ctx context.Context, l *look, strangers []backend) error {
	conn, err := j.connect(ctx, l.target.Database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	now, statements, err := j.sample(ctx, conn, l)
	if err != nil {
		return err
	}
	if now == nil {
		l.use(lease.Use{At: l.window.WatchedSince, By: "leases are watched without a gap since then, and there is no pg_stat_statements"})
		if len(strangers) == 0 {
			return nil
		}
		use, err := j.deps.Leases.Note(ctx, l.target.Name, l.file.Name, nil, "what "+strangers[0].String()+" reads is not known without pg_stat_statements")
		l.use(use)
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if l.window.Sample == nil {
		return j.note(ctx, l, text, "") // the beginning
	}
	var before sample
	if err := json.Unmarshal(l.window.Sample, &before); err != nil {
		return fmt.Errorf("read the sample of the last look: %w", err)
	}
	return j.note(ctx, l, text, grown(before, *now, statements))
}

// note keeps the sample and, when something was used or is not known, closes the gate with it for the soak.
func (j *Judge) note(ctx context.Context, l *look, sample json.RawMessage, used string) error {
	use, err := j.deps.Leases.Note(ctx, l.target.Name, l.file.Name, sample, used)
	if err != nil {
		return err
	}
	l.use(use)
	if use.By != "" && l.window.Now.Before(use.At.Add(l.gate.Soak)) {
		l.offend(migrations.ByStatements, "%s (seen at %s)", use.By, stamp(use.At))
	}
	return nil
}

// grown says what was used since the sample before, or why that is not known; empty when nothing was.
func grown(before, now sample, statements []statement) string {
	switch {
	case !now.Reset.Equal(before.Reset):
		return "pg_stat_statements was reset at " + stamp(now.Reset) + ", so that what ran before is not known"
	case now.Dropped != before.Dropped:
		return fmt.Sprintf("pg_stat_statements dropped statements %d times to make room, so that what ran is not known: raise pg_stat_statements.max", now.Dropped-before.Dropped)
	}
	var say []string
	for _, s := range statements {
		if calls, known := before.Calls[s.Key]; !known || s.Calls != calls {
			say = append(say, fmt.Sprintf("user %s ran %q", s.User, short(s.Text)))
		}
	}
	return names(say)
}

// maxShown is how much of a statement is shown.
const maxShown = 200

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "..."
	}
	return text
}

// sample reads pg_stat_statements; it returns nil when the server has none.
func (j *Judge) sample(ctx context.Context, conn *pgx.Conn, l *look) (*sample, []statement, error) {
	view, err := extension(ctx, conn)
	if err != nil || view == "" {
		return nil, nil, err
	}
	now := &sample{Calls: map[string]int64{}}
	err = conn.QueryRow(ctx, "SELECT stats_reset, dealloc FROM "+view+".pg_stat_statements_info").Scan(&now.Reset, &now.Dropped)
	if pg.Code(err) == codeNotLoaded {
		return nil, nil, nil // created in the database, and not collected by the server
	}
	if err != nil {
		return nil, nil, pg.Fault(err)
	}
	var track string
	if err := conn.QueryRow(ctx, "SELECT current_setting('pg_stat_statements.track')").Scan(&track); err != nil {
		return nil, nil, pg.Fault(err)
	}
	if track == "none" {
		return nil, nil, nil
	}
	columns, err := schemaOf(ctx, conn)
	if err != nil {
		return nil, nil, err
	}
	rows, err := conn.Query(ctx, `
SELECT
    concat_ws('/', s.userid, s.toplevel, s.queryid),
    coalesce(r.rolname, s.userid::text),
    s.query,
    s.calls
FROM `+view+`.pg_stat_statements AS s
LEFT JOIN pg_roles AS r ON r.oid = s.userid
JOIN pg_database AS d ON d.oid = s.dbid
WHERE d.datname = current_database()
  AND EXISTS (
      SELECT
      FROM unnest($1::text[]) AS t
      WHERE position(t IN lower(s.query)) > 0
  )
ORDER BY s.calls DESC, s.queryid`, tables(l.gate.Objects))
	if err != nil {
		return nil, nil, pg.Fault(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[statement])
	if err != nil {
		return nil, nil, pg.Fault(err)
	}
	uses := slices.DeleteFunc(all, func(s statement) bool { return !touches(columns, l.gate.Objects, s.Text) })
	for _, s := range uses {
		now.Calls[s.Key] = s.Calls
	}
	return now, uses, nil
}

// codeNotLoaded is object_not_in_prerequisite_state: the library is not preloaded.
const codeNotLoaded = "55000"

// extension returns the quoted schema of pg_stat_statements in the database, empty when it is not there.
func extension(ctx context.Context, conn *pgx.Conn) (string, error) {
	var name string
	err := conn.QueryRow(ctx, `
SELECT n.nspname
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'`).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return pgx.Identifier{name}.Sanitize(), pg.Fault(err)
}

// schemaOf returns the tables of the database with their columns.
func schemaOf(ctx context.Context, conn *pgx.Conn) (*reads.Schema, error) {
	rows, err := conn.Query(ctx, `
SELECT
    c.relname,
    array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND a.attnum > 0
  AND NOT a.attisdropped
GROUP BY c.relname`)
	if err != nil {
		return nil, pg.Fault(err)
	}
	all := map[string][]string{}
	var table string
	var columns []string
	_, err = pgx.ForEachRow(rows, []any{&table, &columns}, func() error {
		all[table] = columns
		columns = nil
		return nil
	})
	return reads.NewSchema(all), pg.Fault(err)
}

// touches reports whether a statement uses one of the objects. Text that is not understood uses what it names.
func touches(columns *reads.Schema, objects []string, text string) bool {
	covers := func(use string) bool { return lease.Covers(objects, use) }
	found, err := columns.Of(text)
	if err != nil {
		return slices.ContainsFunc(columns.Named(text), covers)
	}
	return slices.ContainsFunc(found.Columns, covers) ||
		slices.ContainsFunc(found.Tables, func(t string) bool { return slices.Contains(objects, t+".*") })
}

func tables(objects []string) []string {
	var list []string
	for _, o := range objects {
		table, _, _ := strings.Cut(o, ".")
		list = append(list, table)
	}
	return list
}

// connect opens one connection to a database of the server.
func (j *Judge) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(j.deps.PostgresURL)
	if err != nil {
		return nil, fmt.Errorf("parse the server URL: %w", err)
	}
	cfg.Database = database
	cfg.ConnectTimeout = 5 * time.Second
	cfg.RuntimeParams["application_name"] = migrations.Application + " gate"
	cfg.RuntimeParams["statement_timeout"] = "30000"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	return conn, pg.Fault(err)
}
