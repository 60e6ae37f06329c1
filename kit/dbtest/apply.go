package dbtest

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
)

// appliedBy is what the history table names as the author of our rows.
const appliedBy = "dbtest"

// applyPostgres runs the files plainly: no lock, no checks, no resume. Those
// are the migrations service's work and have tests there.
func applyPostgres(ctx context.Context, conn *pgx.Conn, files []schema.File) error {
	_, err := conn.Exec(ctx, schema.CreatePostgresHistory)
	if err != nil {
		return err
	}
	for _, f := range files {
		// Several statements in one message are one transaction.
		parts := []string{f.SQL}
		if f.NoTransaction {
			parts = statements(f.SQL)
		}
		for _, sql := range parts {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("file %s: %w", f.Name, err)
			}
		}
		_, err := conn.Exec(ctx, `INSERT INTO `+schema.HistoryTable+` (version, name, checksum, duration_ms, applied_by)
			VALUES ($1, $2, $3, 0, $4)`, f.Version, f.Name, f.Checksum, appliedBy)
		if err != nil {
			return err
		}
	}
	return nil
}

// applyClickHouse runs the files, one statement each, as applyPostgres does.
func applyClickHouse(ctx context.Context, conn driver.Conn, files []schema.File) error {
	err := conn.Exec(ctx, schema.CreateClickHouseHistory)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := conn.Exec(ctx, f.SQL); err != nil {
			return fmt.Errorf("file %s: %w", f.Name, err)
		}
	}
	if len(files) == 0 {
		return nil
	}
	batch, err := conn.PrepareBatch(ctx, `INSERT INTO `+schema.HistoryTable+
		` (version, name, statement, checksum, state, duration_ms, applied_by, message)`)
	if err != nil {
		return err
	}
	defer batch.Close()
	for _, f := range files {
		// Statement 0 stands for the whole file.
		if err := batch.Append(f.Version, f.Name, uint32(0), f.Checksum, "done", int64(0), appliedBy, ""); err != nil {
			return err
		}
	}
	return batch.Send()
}
