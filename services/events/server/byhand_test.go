package server

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// loadStep is how many events one statement makes.
const loadStep = 500_000

func openByHand(b *testing.B, cfg Config) byHand {
	b.Helper()
	if cfg.Store == storePostgres {
		conn, err := pgx.Connect(b.Context(), cfg.PostgresURL)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, conn.Close(context.WithoutCancel(b.Context()))) })
		return postgresByHand{conn}
	}
	options, err := clickhouse.ParseDSN(cfg.ClickHouseURL)
	require.NoError(b, err)
	conn, err := clickhouse.Open(options)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	return clickhouseByHand{conn}
}

func written(b *testing.B, engine, name string) string {
	b.Helper()
	text, err := handWritten.ReadFile("testdata/questions/" + engine + "/" + name + ".sql")
	require.NoError(b, err)
	return string(text)
}

// uuidsOf is a list of ids in the notation of ClickHouse.
func uuidsOf(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = "'" + id.String() + "'"
	}
	return "[" + strings.Join(texts, ",") + "]"
}

type clickhouseByHand struct{ conn driver.Conn }

func (c clickhouseByHand) load(b *testing.B, events int, organizations ...uuid.UUID) {
	b.Helper()
	exec := func(statement string, p clickhouse.Parameters) {
		ctx := clickhouse.Context(b.Context(), clickhouse.WithParameters(p), clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 0}))
		require.NoError(b, c.conn.Exec(ctx, statement))
	}
	for first := 0; first < events; first += loadStep {
		exec(written(b, storeClickHouse, "load"), clickhouse.Parameters{
			"organizations": uuidsOf(organizations), "start": questionStart.Format("2006-01-02 15:04:05"), "total": strconv.Itoa(events),
			"first": strconv.Itoa(first), "count": strconv.Itoa(min(loadStep, events-first)),
		})
	}
	exec(written(b, storeClickHouse, "load_packages"), nil)
	exec("OPTIMIZE TABLE events FINAL", nil)
	exec("OPTIMIZE TABLE event_packages FINAL", nil)
}

// run runs the statements of a file, which stand apart by semicolons.
func (c clickhouseByHand) run(ctx context.Context, statements string) error {
	for statement := range strings.SplitSeq(statements, ";\n") {
		rows, err := c.conn.Query(clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"organization": asked.String()})), statement)
		if err != nil {
			return err
		}
		for rows.Next() { // the blocks are decoded already
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

type postgresByHand struct{ conn *pgx.Conn }

// load fills tables without indexes and makes those afterwards, all at once, which takes a tenth of the time.
func (p postgresByHand) load(b *testing.B, events int, organizations ...uuid.UUID) {
	b.Helper()
	exec := func(statement string, arguments ...any) {
		_, err := p.conn.Exec(b.Context(), statement, arguments...)
		require.NoError(b, err, statement)
	}
	exec("SET maintenance_work_mem = '1GB'")
	p.bare(b, "events", func() {
		for first := 0; first < events; first += loadStep {
			exec(written(b, storePostgres, "load"), organizations, questionStart, events, first, min(first+loadStep, events)-1)
		}
	})
	p.bare(b, "event_packages", func() { exec(written(b, storePostgres, "load_packages")) })
	exec("VACUUM (ANALYZE) events")
	exec("VACUUM (ANALYZE) event_packages")
}

// bare fills a table that has no indexes meanwhile.
func (p postgresByHand) bare(b *testing.B, table string, fill func()) {
	b.Helper()
	rows, err := p.conn.Query(b.Context(), written(b, storePostgres, "indexes"), table)
	require.NoError(b, err)
	statements, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Drop, Make string }])
	require.NoError(b, err)
	require.NotEmpty(b, statements)
	for _, s := range statements {
		_, err := p.conn.Exec(b.Context(), s.Drop)
		require.NoError(b, err, s.Drop)
	}
	fill()
	for _, s := range statements {
		_, err := p.conn.Exec(b.Context(), s.Make)
		require.NoError(b, err, s.Make)
	}
}

func (p postgresByHand) run(ctx context.Context, statement string) error {
	rows, err := p.conn.Query(ctx, statement, asked)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			return err
		}
	}
	return rows.Err()
}
