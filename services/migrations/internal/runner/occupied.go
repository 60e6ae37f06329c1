package runner

import (
	"context"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// checkEmpty refuses a database that has no history and is not empty: what stands there was made by other means, and running the files of a fresh
// database over it would take no care of it.
func (r *Runner) checkEmpty(ctx context.Context, d *database) error {
	example, err := d.engine.occupant(ctx)
	if err != nil || example == "" {
		return err
	}
	return migrations.ErrRefused.With("database %q has no history and is not empty: it has %s, for one. Record which files made it by MigrationService/BaselineDatabase, or empty it", d.Name, example)
}

// occupant names a table or view that is not the runner's; empty when there is none or no database.
func (p *postgres) occupant(ctx context.Context) (string, error) {
	var name string
	err := p.pool.QueryRow(ctx, `
SELECT coalesce(min(c.oid::regclass::text), '')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
  AND c.relname NOT LIKE 'devtrail\_%'
  AND NOT EXISTS (
        SELECT
        FROM pg_depend AS e
        WHERE e.classid = 'pg_class'::regclass
          AND e.objid = c.oid
          AND e.deptype = 'e'
  )`).Scan(&name)
	if pg.Code(err) == codeUndefinedDatabase {
		return "", nil
	}
	return name, away(err)
}

// occupant is the same of ClickHouse. The inner tables of views show beside their views.
func (c *clickHouse) occupant(ctx context.Context) (string, error) { return c.engine.Occupant(ctx) }
