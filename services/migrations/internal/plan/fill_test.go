package plan_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/plan"
	"devtrail.dev/services/migrations/internal/scratch"
)

// filled returns the tables of a filled copy that have no row.
func unfilled(t *testing.T, list []schema.File) []string {
	t.Helper()
	s, err := scratch.OpenPostgres(t.Context(), dbtest.PostgresServer(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, s.Replay(t.Context(), list))
	meter, err := plan.NewMeter(t.Context(), s)
	require.NoError(t, err)
	defer meter.Close(t.Context())
	rows, err := s.Conn().Query(t.Context(), `
SELECT c.relname::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm')
  AND n.nspname = 'public'
  AND pg_relation_size(c.oid) = 0
ORDER BY c.relname`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

func TestEveryTableOfTheSuiteIsFilled(t *testing.T) {
	t.Parallel()
	for _, target := range migrations.Targets(migrations.Postgres, "") {
		list, err := schema.Files(target.Files)
		require.NoError(t, err)
		assert.Empty(t, unfilled(t, list), target.Name)
	}
}

func TestTablesWithChecksAreFilled(t *testing.T) {
	t.Parallel()
	assert.Empty(t, unfilled(t, files(t, `
CREATE TYPE state AS ENUM ('open', 'done');
CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%.%');
CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mail NOT NULL, k int NOT NULL CHECK (k BETWEEN 1000 AND 2000), s state NOT NULL CHECK (s <> 'open'));
CREATE TABLE b (a_id bigint NOT NULL REFERENCES a, hash bytea NOT NULL CHECK (octet_length(hash) = 32), kind text NOT NULL CHECK (kind IN ('x', 'y')));
CREATE TABLE c (since int NOT NULL, until int NOT NULL, CHECK (until > since), from_id uuid NOT NULL, to_id uuid NOT NULL, CHECK (from_id <> to_id));
CREATE TABLE d (p point, q macaddr, v bit(3) NOT NULL, t tsvector, x xml);
CREATE TABLE e ();
CREATE MATERIALIZED VIEW f AS SELECT k FROM a;
`)))
}
