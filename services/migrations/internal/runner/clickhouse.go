package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// Error codes of ClickHouse on which the runner acts.
const (
	chUnknownTable    = 60
	chUnknownDatabase = 81
)

// clickHouse applies files to one ClickHouse database, statement by statement: it has no transaction for DDL.
type clickHouse struct {
	cfg    Config
	conn   driver.Conn // to the target database; used only when that exists, see exists
	now    func() time.Time
	server driver.Conn // to the database of the server's URL
	target migrations.Target
}

func openClickHouse(url string, t migrations.Target, cfg Config, now func() time.Time) (*clickHouse, error) {
	if url == "" {
		return nil, errors.New("it is on ClickHouse, whose server URL is not set")
	}
	opts, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{applicationName, cfg.Build})
	opts.DialTimeout = 5 * time.Second
	opts.MaxOpenConns, opts.MaxIdleConns = 2, 1
	// Defaults differ by version and build, and a statement must be done when it returns.
	opts.Settings = clickhouse.Settings{"alter_sync": 1, "async_insert": 0, "mutations_sync": 1}
	opts.ReadTimeout = cfg.LongTimeout
	own := *opts
	own.Auth.Database = t.Database
	server, err := clickhouse.Open(opts)
	if err != nil {
		return nil, err
	}
	conn, err := clickhouse.Open(&own)
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	return &clickHouse{cfg: cfg, conn: conn, now: now, server: server, target: t}, nil
}

func (c *clickHouse) close() {
	_ = c.conn.Close()
	_ = c.server.Close()
}

// exists reports whether the database is there. It is asked before every use of conn: the embedded ClickHouse ends with an abort
// soon after a client has asked for a session in a database that does not exist.
func (c *clickHouse) exists(ctx context.Context) (bool, error) {
	var n uint64
	err := c.server.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", c.target.Database)).Scan(&n)
	return n > 0, chAway(err)
}

func (c *clickHouse) create(ctx context.Context) error {
	if err := migrations.CheckDatabaseName(c.target.Database); err != nil {
		return err
	}
	return chAway(c.server.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+c.target.Database+"`"))
}

func (c *clickHouse) applied(ctx context.Context) (map[int64]string, error) {
	if ok, err := c.exists(ctx); !ok || err != nil {
		return map[int64]string{}, err
	}
	rows, err := c.conn.Query(ctx, schema.ClickHouseApplied)
	if missing(err) {
		return map[int64]string{}, nil
	}
	if err != nil {
		return nil, chAway(err)
	}
	defer rows.Close()
	applied := map[int64]string{}
	for rows.Next() {
		var version int64
		var checksum string
		if err := rows.Scan(&version, &checksum); err != nil {
			return nil, err
		}
		applied[version] = checksum
	}
	return applied, chAway(rows.Err())
}

// apply runs the files one after the other. A statement runs again when the process ended before its row says done, so it must be repeatable.
func (c *clickHouse) apply(ctx context.Context, req request) error {
	if err := c.conn.Exec(ctx, schema.CreateClickHouseHistory); err != nil {
		return chAway(fmt.Errorf("create the history: %w", err))
	}
	for _, f := range req.files {
		if err := c.file(ctx, req, f); err != nil {
			return chAway(err)
		}
		req.report(migrations.Progress{File: f.Name, Phase: migrations.FileApplied})
	}
	return nil
}

func (c *clickHouse) applyBackground(ctx context.Context, req request) error {
	return c.apply(ctx, req)
}

// baseline writes the rows that stand for whole files alone.
func (c *clickHouse) baseline(ctx context.Context, lock held, files []schema.File, _ string) error {
	if err := c.conn.Exec(ctx, schema.CreateClickHouseHistory); err != nil {
		return chAway(fmt.Errorf("create the history: %w", err))
	}
	for _, f := range files {
		if err := lock.check(ctx); err != nil {
			return err
		}
		if err := c.write(ctx, journalRow{version: f.Version, name: f.Name, checksum: f.Checksum, state: "done"}); err != nil {
			return chAway(err)
		}
	}
	return nil
}

func (c *clickHouse) file(ctx context.Context, req request, f schema.File) error {
	began := c.now()
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.ClickHouse)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	finished, err := c.finished(ctx, f.Version)
	if err != nil {
		return err
	}
	rest, err := remaining(f, statements, finished)
	if err != nil {
		return err
	}
	for i := len(statements) - len(rest); i < len(statements); i++ {
		if err := req.gate(ctx); err != nil {
			return err
		}
		if err := req.lock.check(ctx); err != nil {
			return err
		}
		if err := c.one(ctx, f, i+1, statements[i]); err != nil {
			return err
		}
	}
	c.observe(f, 0, BeforeCommit)
	row := journalRow{version: f.Version, name: f.Name, checksum: f.Checksum, state: "done", took: c.now().Sub(began)}
	if err := c.write(ctx, row); err != nil {
		return err
	}
	c.observe(f, 0, AfterCommit)
	return nil
}

// one runs one statement between its rows of the journal.
func (c *clickHouse) one(ctx context.Context, f schema.File, number int, s sqlsplit.Statement) error {
	row := journalRow{version: f.Version, name: f.Name, statement: uint32(number), checksum: statementChecksum(s), state: "started"}
	c.observe(f, number, Before)
	if err := c.write(ctx, row); err != nil {
		return err
	}
	c.observe(f, number, Journaled)
	began := c.now()
	if err := c.conn.Exec(ctx, s.Text); err != nil {
		err = fmt.Errorf("%s line %d: %w", f.Name, s.Line, err)
		row.state, row.message = "failed", err.Error()
		// When the server is gone too, "started" says the same.
		_ = c.write(ctx, row)
		return err
	}
	c.observe(f, number, After)
	row.state, row.took = "done", c.now().Sub(began)
	if err := c.write(ctx, row); err != nil {
		return err
	}
	c.observe(f, number, Done)
	return nil
}

func (c *clickHouse) observe(f schema.File, statement int, phase Phase) {
	c.cfg.Observe(Step{Database: c.target.Name, File: f.Name, Statement: statement, Phase: phase})
}

// missing reports whether the database or its history does not exist yet.
func missing(err error) bool {
	e, ok := errors.AsType[*clickhouse.Exception](err)
	return ok && (e.Code == chUnknownTable || e.Code == chUnknownDatabase)
}

// chAway makes errors that did not come from the server itself ErrServerAway.
func chAway(err error) error {
	if err == nil || errors.Is(err, migrations.ErrServerAway) || errors.Is(err, errRefused) || errors.Is(err, migrations.ErrGateClosed) {
		return err
	}
	if _, ok := errors.AsType[*clickhouse.Exception](err); ok {
		return err
	}
	return migrations.ErrServerAway.Wrap(err)
}
