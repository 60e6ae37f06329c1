package runner

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

const alone = "-- devtrail: no-transaction\n"

func TestAFileWithoutTransactionStopsAtAStatementAndResumesThere(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	files["0003_index.sql"] = alone + "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_x ON t (x);"
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	status := awaitState(t, r, "pg", migrations.Failed)
	require.Contains(t, status.Message, "0003_index.sql line 3")
	require.Equal(t, int64(2), status.Version, "the transaction before it is committed")
	stop()
	require.Equal(t, []string{"1 done", "2 failed"}, s.column(t, "pg", "SELECT statement || ' ' || state FROM devtrail_schema_progress ORDER BY statement"))

	mended := files["0003_index.sql"]
	files["0003_index.sql"] = alone + "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_other ON t (b);"
	r, stop = s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	require.Contains(t, awaitState(t, r, "pg", migrations.Refused).Message, "edited after it had run")
	stop()

	files["0003_index.sql"] = mended[:len(mended)-len("t (x);")] + "t (a, b);"
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"1 done", "2 done"}, s.column(t, "pg", "SELECT statement || ' ' || state FROM devtrail_schema_progress ORDER BY statement"))
}

// TestWhatIsRefusedInATransactionIsSeen has a file that mixes, without a word in its header, what Postgres refuses in a transaction with what it does not.
// The other statements are done once, though the last fails again and again.
func TestWhatIsRefusedInATransactionIsSeen(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	files["0003_index.sql"] = "INSERT INTO t VALUES (7, 'x');\nCREATE INDEX CONCURRENTLY t_b ON t (b);\nALTER TABLE nowhere ADD COLUMN c int;"
	files["0004_more.sql"] = "CREATE TABLE more (a int);"
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "0003_index.sql line 3")
	stop()
	files["0003_index.sql"] = strings.Replace(files["0003_index.sql"], "nowhere", "t", 1)
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"1"}, s.column(t, "pg", "SELECT count(*)::text FROM t WHERE a = 7"))
	require.Equal(t, []string{"1 done", "2 done", "3 done"}, s.column(t, "pg", "SELECT statement || ' ' || state FROM devtrail_schema_progress ORDER BY statement"))
}

// TestAnotherIndexOfTheNameIsNotDropped leaves an invalid index that is not what the file wants.
func TestAnotherIndexOfTheNameIsNotDropped(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	s.bring(t, s.target("pg", migrations.Postgres, files))
	conn := s.postgres(t, "pg")
	_, err := conn.Exec(t.Context(), "INSERT INTO t VALUES (1, 'x'), (2, 'x')")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b)")
	require.Error(t, err)
	files["0003_index.sql"] = "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);"
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	message := awaitState(t, r, "pg", migrations.Failed).Message
	stop()
	require.Contains(t, message, "CREATE UNIQUE INDEX t_b")
	require.Contains(t, message, "another definition")
	require.Equal(t, []string{"f"}, s.column(t, "pg", "SELECT indisvalid::text::char FROM pg_index WHERE indexrelid = 't_b'::regclass"))
}

// TestAnIndexOfAnotherTableIsNotTakenForTheBuiltOne has IF NOT EXISTS step over an index of the name that stands on another table.
func TestAnIndexOfAnotherTableIsNotTakenForTheBuiltOne(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	files["0003_u.sql"] = "CREATE TABLE u (b text); CREATE INDEX t_b ON u (b);"
	files["0004_index.sql"] = alone + "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);"
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "t has no index t_b: something else has this name, so give the index another one")
	stop()
}

// TestTheLeftoverOfAnInterruptedIndexBuildIsBuiltAgain leaves an index that is not valid, as a build that was cut off does; IF NOT EXISTS alone would keep it.
func TestTheLeftoverOfAnInterruptedIndexBuildIsBuiltAgain(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	s.bring(t, s.target("pg", migrations.Postgres, files))
	conn := s.postgres(t, "pg")
	_, err := conn.Exec(t.Context(), "INSERT INTO t VALUES (1, 'x'), (2, 'x')")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b)")
	require.Error(t, err, "the rows are not unique")
	require.Equal(t, []string{"f"}, s.column(t, "pg", "SELECT indisvalid::text::char FROM pg_index WHERE indexrelid = 't_b'::regclass"))
	_, err = conn.Exec(t.Context(), "DELETE FROM t WHERE a = 2")
	require.NoError(t, err)

	files["0003_index.sql"] = alone + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_b -- why\nON /* the table */ t (b);"
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"t"}, s.column(t, "pg", "SELECT indisvalid::text::char FROM pg_index WHERE indexrelid = 't_b'::regclass"))
}

func TestIndexOf(t *testing.T) {
	cases := []struct{ sql, name, table string }{
		{"CREATE INDEX CONCURRENTLY i ON t (a)", "i", "t"},
		{"create unique index concurrently if not exists \"I x\" on only s.\"T\" using gin (a)", `"I x"`, `s . "T"`},
		{"CREATE INDEX -- why\nCONCURRENTLY/* x */IF NOT EXISTS i -- why\nON t (a)", "i", "t"},
		{`CREATE INDEX CONCURRENTLY"i"ON"s"."t"(a)`, `"i"`, `"s" . "t"`},
		{"CREATE INDEX CONCURRENTLY größe ON maße (a)", "größe", "maße"},
		{"CREATE INDEX CONCURRENTLY i ON t (a) WHERE b <> ' ON x'", "i", "t"},
		{"CREATE INDEX i ON t (a)", "", ""},
		{"CREATE INDEX CONCURRENTLY ON t (a)", "", ""},
	}
	for _, c := range cases {
		name, table, ok := indexOf(c.sql)
		require.Equal(t, c.name != "", ok, c.sql)
		require.Equal(t, c.name, name)
		require.Equal(t, c.table, table)
	}
}

// TestAValueOfAnEnumCanBeUsedByTheNextFile has what Postgres refuses in one transaction.
func TestAValueOfAnEnumCanBeUsedByTheNextFile(t *testing.T) {
	s := newSite(t)
	files := map[string]string{
		"0001_t.sql":     "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood);",
		"0002_glad.sql":  "ALTER TYPE mood ADD VALUE 'glad';",
		"0003_first.sql": "INSERT INTO t VALUES ('glad');",
	}
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"glad"}, s.column(t, "pg", "SELECT m::text FROM t"))
}
