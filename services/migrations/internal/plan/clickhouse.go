package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/catalog"
	"devtrail.dev/services/migrations/internal/scratch"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

type clickHouse struct{ url string }

// open connects to the server's own database: a session in one that is missing is not survived by every server.
func (c clickHouse) open() (driver.Conn, error) {
	opts, err := clickhouse.ParseDSN(c.url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	return clickhouse.Open(opts)
}

func (c clickHouse) fingerprint(ctx context.Context, database string) (_ string, err error) {
	conn, err := c.open()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	objects, err := catalog.ClickHouse(ctx, conn, database)
	return objects.Fingerprint(), err
}

// measure runs the files on a scratch database. A statement that starts a mutation writes the parts of its table anew; others change definitions only,
// or drop what they name.
func (c clickHouse) measure(ctx context.Context, t migrations.Target, applied, waiting []schema.File, _ int) (files []planned, err error) {
	s, err := scratch.OpenClickHouse(ctx, c.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.Replay(ctx, applied); err != nil {
		return nil, err
	}
	m := chMeter{conn: s.Conn(), local: s.Local}
	if m.known, err = m.look(ctx); err != nil {
		return nil, err
	}
	for _, f := range waiting {
		one, err := m.file(ctx, f)
		if err != nil {
			return nil, err
		}
		files = append(files, one)
	}
	return files, c.weigh(ctx, t.Database, files)
}

// chMeter runs statements on a scratch database.
type chMeter struct {
	conn driver.Conn
	// local is the text of a statement that acts on the scratch database and on nothing else.
	local func(context.Context, sqlsplit.Statement) (string, error)
	// known are the tables of the live schema; what the files make themselves is nobody's yet.
	known  map[string]chTable
	broken string
}

// chTable is what the server's books say of a table.
type chTable struct {
	definition string
	mutations  uint64
}

func (m *chMeter) file(ctx context.Context, f schema.File) (planned, error) {
	list, cut, err := statements(f, sqlsplit.ClickHouse)
	if err != nil {
		return planned{}, err
	}
	for i := range list {
		s := &list[i]
		if m.broken != "" {
			s.Unmeasured = m.broken
			continue
		}
		if scratch.GlobalClickHouse(cut[i]) {
			s.Unmeasured = "it acts on the whole server and is not tried"
			continue
		}
		s.Effects, err = m.one(ctx, cut[i])
		if ctx.Err() != nil {
			return planned{}, ctx.Err()
		}
		if err != nil {
			s.Unmeasured = "it fails on a copy of the schema: " + err.Error()
			m.broken = fmt.Sprintf("%s line %d, which comes before, fails on a copy of the schema", f.Name, s.Line)
		}
	}
	return planned{file: f, statements: list}, nil
}

func (m *chMeter) one(ctx context.Context, statement sqlsplit.Statement) ([]migrations.Effect, error) {
	sql, err := m.local(ctx, statement)
	if err != nil {
		return nil, err
	}
	before, err := m.look(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.conn.Exec(ctx, sql); err != nil {
		return nil, err
	}
	after, err := m.look(ctx)
	if err != nil {
		return nil, err
	}
	var effects []migrations.Effect
	for name := range m.known {
		was, ok := before[name]
		is, still := after[name]
		if !ok || (still && was == is) {
			continue
		}
		effects = append(effects, migrations.Effect{Relation: name, Rewrite: still && is.mutations > was.mutations})
	}
	slices.SortFunc(effects, func(a, b migrations.Effect) int { return cmp.Compare(a.Relation, b.Relation) })
	return effects, nil
}

func (m *chMeter) look(ctx context.Context) (map[string]chTable, error) {
	rows, err := m.conn.Query(ctx, `
SELECT
    t.name,
    concat(toString(t.uuid), t.create_table_query),
    m.started
FROM system.tables AS t
LEFT JOIN (
    SELECT table, count() AS started
    FROM system.mutations
    WHERE database = currentDatabase()
    GROUP BY table
) AS m ON m.table = t.name
WHERE t.database = currentDatabase()
  AND NOT t.is_temporary`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]chTable{}
	for rows.Next() {
		var name string
		var table chTable
		if err := rows.Scan(&name, &table.definition, &table.mutations); err != nil {
			return nil, err
		}
		found[name] = table
	}
	return found, rows.Err()
}

// weigh adds the sizes of the live tables. A database that does not exist has none.
func (c clickHouse) weigh(ctx context.Context, database string, files []planned) (err error) {
	conn, err := c.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for i := range files {
		for _, s := range files[i].statements {
			for j := range s.Effects {
				e := &s.Effects[j]
				var rows, bytes uint64
				err := conn.QueryRow(ctx, `
SELECT sum(rows), sum(bytes_on_disk)
FROM system.parts
WHERE database = {database:String}
  AND table = {table:String}
  AND active`, clickhouse.Named("database", database), clickhouse.Named("table", e.Relation)).Scan(&rows, &bytes)
				if err != nil {
					return err
				}
				e.LiveRows, e.LiveBytes = int64(rows), int64(bytes)
			}
		}
	}
	return nil
}
