package pg

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
)

// Querier reads rows: a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Applied is the versions in the history table with their checksums. A database or table that does not exist
// has none. Other errors come back as Fault makes them.
func Applied(ctx context.Context, q Querier) (map[int64]string, error) {
	applied, err := history(ctx, q)
	switch Code(err) {
	case codeUndefinedTable, codeUndefinedDatabase:
		return map[int64]string{}, nil
	}
	if err != nil {
		return nil, Fault(fmt.Errorf("read %s: %w", schema.HistoryTable, err))
	}
	return applied, nil
}

func history(ctx context.Context, q Querier) (map[int64]string, error) {
	rows, err := q.Query(ctx, "SELECT version, checksum FROM "+schema.HistoryTable)
	if err != nil {
		return nil, err
	}
	applied := make(map[int64]string)
	var version int64
	var checksum string
	_, err = pgx.ForEachRow(rows, []any{&version, &checksum}, func() error {
		applied[version] = checksum
		return nil
	})
	return applied, err
}

// Ready is nil when the database answers and its schema fits the migrations of this build, else a fault of kind
// Unavailable that says what to do.
func Ready(ctx context.Context, q Querier, migrations fs.FS) error {
	files, err := schema.Files(migrations)
	if err != nil {
		return err
	}
	applied, err := Applied(ctx, q)
	if err != nil {
		return err
	}
	return schema.Judge(applied, files).Err()
}
