package scratch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// chLeftAfter is how old a database must be to count as left behind: ClickHouse does not say who uses one.
const chLeftAfter = time.Hour

// ClickHouse is a scratch database with a connection of its own.
type ClickHouse struct {
	conn   driver.Conn
	name   string
	server driver.Conn
}

// OpenClickHouse makes an empty database on the server, whose user must be allowed to, and connects to it.
// Databases that killed processes have left behind are dropped. The caller calls Close.
func OpenClickHouse(ctx context.Context, serverURL string) (*ClickHouse, error) {
	opts, err := clickhouse.ParseDSN(serverURL)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{applicationName, "1"})
	opts.MaxOpenConns, opts.MaxIdleConns = 2, 1
	opts.Settings = clickhouse.Settings{"alter_sync": 1, "async_insert": 0, "mutations_sync": 1}
	own := *opts
	s := &ClickHouse{}
	if s.server, err = clickhouse.Open(opts); err != nil {
		return nil, err
	}
	now, err := s.dropLeftovers(ctx)
	if err != nil {
		return nil, errors.Join(err, s.server.Close())
	}
	s.name = newName(now)
	// The name is made of letters, digits and underscores.
	if err := s.server.Exec(ctx, "CREATE DATABASE "+s.name); err != nil {
		return nil, errors.Join(fmt.Errorf("create a scratch database: %w", err), s.server.Close())
	}
	own.Auth.Database = s.name
	if s.conn, err = clickhouse.Open(&own); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *ClickHouse) dropLeftovers(ctx context.Context) (time.Time, error) {
	var now time.Time
	if err := s.server.QueryRow(ctx, "SELECT now('UTC')").Scan(&now); err != nil {
		return now, err
	}
	var names []string
	if err := s.server.QueryRow(ctx, "SELECT groupArray(name) FROM system.databases WHERE startsWith(name, {prefix:String})", clickhouse.Named("prefix", namePrefix)).Scan(&names); err != nil {
		return now, err
	}
	for _, name := range names {
		if !madeBefore(name, now.Add(-chLeftAfter)) {
			continue
		}
		if err := s.server.Exec(ctx, "DROP DATABASE IF EXISTS `"+name+"` SYNC"); err != nil {
			return now, fmt.Errorf("drop the leftover %s: %w", name, err)
		}
	}
	return now, nil
}

// Conn is the connection, whose sessions are in the database.
func (s *ClickHouse) Conn() driver.Conn { return s.conn }

// Name is the name of the database on the server.
func (s *ClickHouse) Name() string { return s.name }

// Replay runs the files in order, statement by statement. The error names the file. What acts on the whole server is left out, as with Postgres,
// and Local says what may be run.
func (s *ClickHouse) Replay(ctx context.Context, files []schema.File) error {
	for _, f := range files {
		statements, err := sqlsplit.Split(f.SQL, sqlsplit.ClickHouse)
		if err != nil {
			return fmt.Errorf("replay %s: %w", f.Name, err)
		}
		for _, statement := range statements {
			if GlobalClickHouse(statement) {
				continue
			}
			text, err := s.Local(ctx, statement)
			if err != nil {
				return fmt.Errorf("replay %s: line %d: %w", f.Name, statement.Line, err)
			}
			if err := s.conn.Exec(ctx, text); err != nil {
				return fmt.Errorf("replay %s: line %d: %w", f.Name, statement.Line, err)
			}
		}
	}
	return nil
}

// Close drops the database. It does so also when ctx has ended.
func (s *ClickHouse) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	var mistakes []error
	if s.conn != nil {
		mistakes = append(mistakes, s.conn.Close())
	}
	if err := s.server.Exec(ctx, "DROP DATABASE IF EXISTS "+s.name+" SYNC"); err != nil {
		mistakes = append(mistakes, fmt.Errorf("drop the scratch database %s: %w", s.name, err))
	}
	return errors.Join(append(mistakes, s.server.Close())...)
}
