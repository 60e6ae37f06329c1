package lint_test

import (
	"testing"

	"devtrail.dev/services/migrations/lint"
	"devtrail.dev/services/migrations/lint/postgres"
)

// BenchmarkLint measures a file of three statements upon a schema of one table. The first statement of a process waits for the grammar, which
// is compiled before.
func BenchmarkLint(b *testing.B) {
	postgres.Warm()
	for _, c := range []struct {
		engine     lint.Engine
		setup, sql string
	}{
		{lint.Postgres, "CREATE TABLE orders (id bigint PRIMARY KEY, state text)", "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders ALTER state SET NOT NULL, DROP COLUMN note;\nCREATE INDEX ON orders (state);"},
		{lint.ClickHouse, "CREATE TABLE hits (ts DateTime('UTC'), url String) ENGINE = MergeTree ORDER BY ts", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS a UInt8;\nALTER TABLE hits DELETE WHERE url = '';\nOPTIMIZE TABLE hits FINAL;"},
	} {
		b.Run(string(c.engine), func(b *testing.B) {
			for b.Loop() {
				found, err := lint.Lint(c.engine, []lint.File{{Name: "1.sql", SQL: c.setup}}, []lint.File{{Name: "2.sql", SQL: c.sql}}, lint.Options{TimeoutsSet: true})
				if err != nil || len(found) == 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}
