package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint/postgres"
	"devtrail.dev/services/migrations/lint/rule"
)

// FuzzLint holds what must be true of any text, also as the schema of another: no panic, and a place in the file for every finding.
func FuzzLint(f *testing.F) {
	for _, seed := range []string{
		"", ";", "BEGIN; ALTER TABLE a ADD COLUMN b serial; COMMIT", "SELECT 'a", "/*", "CREATE TABLE a (b int, CHECK (b > 0)); ALTER TABLE a ALTER b TYPE text",
		"ALTER TABLE a ATTACH PARTITION b DEFAULT", "DROP INDEX a.b.c", "CREATE UNIQUE INDEX ON a (lower(b))", "ALTER TABLE a ADD PRIMARY KEY USING INDEX i",
		"REPACK (CONCURRENTLY) a.b", "CREATE TABLE a (LIKE b)", "SET timezone = 1", "LOCK a", "CREATE TABLE \"\x00\" ()", "DO $$ UPDATE $$", "ALTER TABLE", "COMMENT ON TABLE a IS NULL",
		"CREATE VIEW v AS VALUES (1)", "UPDATE a SET (b, c) = (SELECT 1, 2)", "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "CREATE TABLE a OF t", "GRANT a TO b",
		"ALTER TABLE a ADD b int GENERATED ALWAYS AS (1) VIRTUAL", "ALTER TABLE a ADD CONSTRAINT n NOT NULL b NOT VALID", "ALTER TABLE a ADD NOT NULL", "NOT ENFORCED", "ALTER TABLE a ADD CHECK (b) NOT ENFORCED",
		"DO $$ BEGIN EXECUTE $x$ DROP TABLE a $x$; ALTER TABLE a ADD b int; END $$", "DO $$ EXECUTE '", "CREATE TABLE a (b char(", "ALTER TABLE a ATTACH PARTITION b FOR VALUES FROM (1) TO (2)", "VACUUM ONLY",
	} {
		f.Add(seed, "")
		f.Add("CREATE TABLE a (b int)", seed)
	}
	postgres.Warm() // the instrumented grammar compiles for longer than one input may take
	linter := postgres.New()
	f.Fuzz(func(t *testing.T, setup, sql string) {
		found, err := linter.Lint([]rule.File{{Name: "setup.sql", SQL: setup}}, []rule.File{{Name: "setup.sql", SQL: setup}, {Name: "file.sql", SQL: sql}}, rule.Options{
			InTransaction: len(sql)%2 == 0, ServerVersion: setup, Policies: []string{"*"}, HotTables: []string{"a"},
		})
		require.NoError(t, err)
		for _, found := range found {
			require.Positive(t, found.Line)
			require.Positive(t, found.Column)
			require.NotEmpty(t, found.Rule)
		}
	})
}
