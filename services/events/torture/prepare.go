package torture

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// prepare makes the tables in an empty database and records the files, so that the service finds it ready.
func (s *stage) prepare(ctx context.Context) error {
	if s.cfg.Store == Postgres {
		return s.preparePostgres(ctx)
	}
	files, err := schema.Files(eventsmigrations.ClickHouse())
	if err != nil {
		return err
	}
	return s.withClickHouse(func(conn driver.Conn) error {
		if err := conn.Exec(ctx, schema.CreateClickHouseHistory); err != nil {
			return err
		}
		batch, err := conn.PrepareBatch(ctx, `INSERT INTO `+schema.HistoryTable+` (version, name, statement, checksum, state, duration_ms, applied_by, message)`)
		if err != nil {
			return err
		}
		defer batch.Close()
		for _, f := range files {
			if err := conn.Exec(ctx, f.SQL); err != nil {
				return fmt.Errorf("file %s: %w", f.Name, err)
			}
			// Statement 0 stands for the whole file.
			if err := batch.Append(f.Version, f.Name, uint32(0), f.Checksum, "done", int64(0), "torture", ""); err != nil {
				return err
			}
		}
		if err := batch.Send(); err != nil {
			return err
		}
		var off string
		switch {
		case s.cfg.NoSync:
			off = "fsync_after_insert = 0, fsync_part_directory = 0, min_rows_to_fsync_after_merge = 0"
		case s.cfg.NoMergeSync:
			off = "min_rows_to_fsync_after_merge = 0"
		default:
			return nil
		}
		for _, table := range tables {
			if err := conn.Exec(ctx, "ALTER TABLE "+table+" MODIFY SETTING "+off); err != nil {
				return err
			}
		}
		return nil
	})
}

// tables are those whose rows are compared.
var tables = [...]string{"events", "event_packages"}

func (s *stage) preparePostgres(ctx context.Context) error {
	files, err := schema.Files(eventsmigrations.Postgres())
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, schema.CreatePostgresHistory); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := conn.Exec(ctx, f.SQL); err != nil {
			return fmt.Errorf("file %s: %w", f.Name, err)
		}
		_, err := conn.Exec(ctx, `INSERT INTO `+schema.HistoryTable+` (version, name, checksum, duration_ms, applied_by) VALUES ($1, $2, $3, 0, 'torture')`,
			f.Version, f.Name, f.Checksum)
		if err != nil {
			return err
		}
	}
	return nil
}
