package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// absent reports whether the error comes from a ledger that has not been made so far.
func absent(err error) bool {
	const undefinedDatabase, undefinedTable = "3D000", "42P01"
	code := pg.Code(err)
	return code == undefinedDatabase || code == undefinedTable
}

// AddOverride records an override and returns it with its time. One that exists already is returned as it is: who gave it first stays known.
func (s *Store) AddOverride(ctx context.Context, o migrations.Override) (migrations.Override, error) {
	rows, err := s.pool.Query(ctx, `
INSERT INTO overrides (database_name, file, rule, reason, actor)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (database_name, file, rule) DO UPDATE
SET reason = overrides.reason
RETURNING database_name, file, rule, reason, actor, at`, o.Database, o.File, o.Rule, o.Reason, o.Actor)
	if err != nil {
		return migrations.Override{}, pg.Fault(err)
	}
	recorded, err := pgx.CollectExactlyOneRow(rows, overrideFromRow)
	return recorded, pg.Fault(err)
}

// Overrides returns those of a database, by file and rule. A ledger that is not applied has none.
func (s *Store) Overrides(ctx context.Context, database string) ([]migrations.Override, error) {
	rows, err := s.pool.Query(ctx, `
SELECT database_name, file, rule, reason, actor, at
FROM overrides
WHERE database_name = $1
ORDER BY file, rule`, database)
	var list []migrations.Override
	if err == nil {
		list, err = pgx.CollectRows(rows, overrideFromRow)
	}
	if absent(err) {
		return nil, nil
	}
	return list, pg.Fault(err)
}

func overrideFromRow(row pgx.CollectableRow) (migrations.Override, error) {
	var o migrations.Override
	err := row.Scan(&o.Database, &o.File, &o.Rule, &o.Reason, &o.Actor, &o.At)
	return o, err
}
