package catalog

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed postgres.sql
var postgresObjects string

// Postgres reads the catalog of the database that the connection is in, without the runner's own tables, system schemas and what belongs to extensions.
// It reads one snapshot and holds no lock beyond it.
func Postgres(ctx context.Context, conn *pgx.Conn) (Catalog, error) {
	var objects Catalog
	err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// The server writes a name with its schema where the schema is not on the path.
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = ''"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, postgresObjects)
		if err != nil {
			return err
		}
		objects, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Object])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	return ordered(objects), nil
}
