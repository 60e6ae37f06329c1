package segment_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/segment"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func files(t *testing.T, texts ...string) []schema.File {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, text := range texts {
		fsys[fmt.Sprintf("%04d_f.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	list, err := schema.Files(fsys)
	require.NoError(t, err)
	return list
}

func TestSize(t *testing.T) {
	t.Parallel()
	const plain = "ALTER TABLE t ADD COLUMN a int"
	for _, c := range []struct {
		say   string
		texts []string
		want  int
	}{
		{"plain files go together", []string{plain, plain, plain}, 3},
		{"a header ends it", []string{plain, "-- devtrail: no-transaction\n" + plain, plain}, 1},
		{"and is alone", []string{"-- devtrail: no-transaction\n" + plain, plain}, 1},
		{"a refused statement ends it", []string{plain, plain, "CREATE INDEX CONCURRENTLY i ON t (a)"}, 2},
		{"a background file is alone", []string{"-- devtrail: background\n" + plain, plain}, 1},
		{"a value of an enum is the last", []string{plain, "ALTER TYPE m ADD VALUE 'b'", plain}, 2},
		{"a check of rows is alone", []string{"ALTER TABLE t VALIDATE CONSTRAINT c", plain}, 1},
		{"and waits for the commit of what is before it", []string{"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "ALTER TABLE t VALIDATE CONSTRAINT c"}, 1},
		{"a refresh waits for the commit of what is before it", []string{plain, "REFRESH MATERIALIZED VIEW CONCURRENTLY v"}, 1},
		{"statistics too", []string{plain, plain, "SET LOCAL work_mem = '8MB'; ANALYZE t", plain}, 2},
		{"and are alone", []string{"ANALYZE t", plain}, 1},
		{"as is a check of rows beside another command", []string{plain, "ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN b int", plain}, 1},
	} {
		assert.Equal(t, c.want, segment.Size(files(t, c.texts...)), c.say)
	}
}

func TestApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"CREATE INDEX CONCURRENTLY i ON t (a)":                      true,
		"create unique index concurrently if not exists i on t (a)": true,
		"CREATE INDEX i ON concurrently (a)":                        false,
		"DROP INDEX CONCURRENTLY i":                                 true,
		"DROP INDEX i":                                              false,
		"REINDEX (VERBOSE) TABLE CONCURRENTLY t":                    true,
		"REINDEX TABLE t":                                           false,
		"REINDEX (VERBOSE) SCHEMA s":                                true,
		"VACUUM (FULL) t":                                           true,
		"CLUSTER":                                                   true,
		"CLUSTER (VERBOSE)":                                         true,
		"CLUSTER t USING i":                                         false,
		`CLUSTER "t"`:                                               false,
		`ALTER TABLE "q" DETACH PARTITION "p" CONCURRENTLY`:         true,
		"ALTER TABLE q DETACH PARTITION p":                          false,
		"ALTER SYSTEM SET work_mem = '4MB'":                         true,
		"ALTER DATABASE d SET TABLESPACE x":                         true,
		"ALTER DATABASE d SET work_mem = '4MB'":                     false,
		"ALTER SUBSCRIPTION s REFRESH PUBLICATION":                  true,
		"CREATE DATABASE d":                                         true,
		"DISCARD ALL":                                               true,
		"DISCARD PLANS":                                             false,
		"SELECT 'VACUUM'":                                           false,
	} {
		assert.Equal(t, want, segment.Apart(files(t, text)[0]), text)
	}
}

func TestLong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"ALTER TABLE t VALIDATE CONSTRAINT c":                                 true,
		`alter table if exists only s."T" validate -- why` + "\nconstraint c": true,
		`ALTER TABLE t VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT "d, e"`:     true,
		"ALTER DOMAIN d VALIDATE CONSTRAINT c":                                true,
		"ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN a numeric(4, 2)":     false,
		"ALTER TABLE t ALTER a DROP DEFAULT, VALIDATE CONSTRAINT c":           false,
		"ALTER TABLE t ADD CHECK (b <> 'VALIDATE CONSTRAINT c')":              false,
		"ALTER TABLE t ADD COLUMN a int":                                      false,
		"CREATE INDEX i ON concurrently (a)":                                  false,
		"DROP INDEX CONCURRENTLY i":                                           true,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY v":                            true,
		"COMMENT ON TABLE t IS 'VALIDATE CONSTRAINT c'":                       false,
	} {
		statements, err := sqlsplit.Split(text, sqlsplit.Postgres)
		require.NoError(t, err)
		assert.Equal(t, want, segment.Long(statements[0]), text)
	}
}
