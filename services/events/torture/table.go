package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// row is a row of the table of events.
type row struct {
	organization, id    uuid.UUID
	name, project, tool string
	occurred            time.Time
	packages            []string
	properties          string
}

// packageRow is a row of the table of packages.
type packageRow struct {
	organization, event uuid.UUID
	pkg, version        string
	leading             bool
}

// The columns of row and packageRow, the same on both engines.
const (
	selectEvents   = "SELECT organization_id, id, name, project, tool, occurred_at, packages, properties FROM events"
	selectPackages = "SELECT organization_id, event_id, package, version, leading_row FROM event_packages"
)

// number is that of the event, also when its id was changed; -1 when it has none.
func (r row) number() int {
	p := struct{ N int }{-1}
	if json.Unmarshal([]byte(r.properties), &p) != nil {
		return -1
	}
	return p.N
}

// scanner is a row of either engine.
type scanner interface{ Scan(dest ...any) error }

// read hands all rows of both tables over, past the relay.
func (s *stage) read(ctx context.Context, event func(row), pkg func(packageRow)) error {
	ask := s.askClickHouse
	if s.cfg.Store == Postgres {
		ask = s.askPostgres
	}
	err := ask(ctx, selectEvents, func(from scanner) error {
		var r row
		if err := from.Scan(&r.organization, &r.id, &r.name, &r.project, &r.tool, &r.occurred, &r.packages, &r.properties); err != nil {
			return err
		}
		event(r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	err = ask(ctx, selectPackages, func(from scanner) error {
		var r packageRow
		if err := from.Scan(&r.organization, &r.event, &r.pkg, &r.version, &r.leading); err != nil {
			return err
		}
		pkg(r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the packages: %w", err)
	}
	return nil
}

func (s *stage) askPostgres(ctx context.Context, sql string, each func(scanner) error) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// analyze has Postgres look at what the tables hold, as its autovacuum does within minutes: by plans for empty tables a question runs out of its time.
func (s *stage) analyze(ctx context.Context) error {
	if s.cfg.Store != Postgres {
		return nil
	}
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ANALYZE")
	return errors.Join(err, conn.Close(ctx))
}

func (s *stage) askClickHouse(ctx context.Context, sql string, each func(scanner) error) error {
	return s.withClickHouse(func(conn driver.Conn) error {
		rows, err := conn.Query(ctx, sql)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (s *stage) withClickHouse(task func(driver.Conn) error) error {
	options, err := clickhouse.ParseDSN(s.url)
	if err != nil {
		return err
	}
	options.ReadTimeout = patience
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	defer conn.Close()
	return task(conn)
}

// findTables finds where ClickHouse keeps the parts of the tables.
func (s *stage) findTables(ctx context.Context) error {
	if s.cfg.Store != ClickHouse {
		return nil
	}
	return s.withClickHouse(func(conn driver.Conn) error {
		rows, err := conn.Query(ctx, "SELECT data_paths[1] FROM system.tables WHERE database = currentDatabase() AND name IN ('events', 'event_packages')")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var path string
			if err := rows.Scan(&path); err != nil {
				return err
			}
			if !filepath.IsAbs(path) {
				path = filepath.Join(s.engine.dir(), path)
			}
			s.tables = append(s.tables, path)
		}
		return rows.Err()
	})
}
