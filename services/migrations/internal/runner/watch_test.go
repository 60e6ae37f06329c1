package runner

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// blocked is a lock of a backend that always waits for somebody.
type blocked struct {
	freeLock
	interrupted chan uint32
}

func (s blocked) blockers(context.Context, uint32) ([]string, error) {
	return []string{"pid 7"}, nil
}

func (s blocked) interrupt(_ context.Context, pid uint32) error {
	s.interrupted <- pid
	return nil
}

func TestAWatchEndsWhatWaitsLongerThanItsBudget(t *testing.T) {
	lock := blocked{interrupted: make(chan uint32, 1)}
	w := watchBlockers(t.Context(), lock, 9, 2*watchEvery, watchers{blocked: func(string) {}})
	require.Equal(t, uint32(9), <-lock.interrupted)
	last, over := w.stop()
	require.Equal(t, []string{"pid 7"}, last)
	require.True(t, over)
}

func TestAWatchWithoutABudgetOnlyLooks(t *testing.T) {
	lock := blocked{interrupted: make(chan uint32, 1)}
	looks := make(chan struct{}, 100)
	w := watchBlockers(t.Context(), lock, 9, 0, watchers{blocked: func(string) { looks <- struct{}{} }})
	for range 5 {
		<-looks
	}
	_, over := w.stop()
	require.False(t, over)
	require.Empty(t, lock.interrupted)
}

// TestTheWaitsOfATransactionAreBoundedTogether has a reader in each of five tables who leaves before lock_timeout: no wait alone is too long.
// The first table stands behind all of them.
func TestTheWaitsOfATransactionAreBoundedTogether(t *testing.T) {
	s := newSite(t)
	const tables = 5
	files := map[string]string{}
	for i := range tables {
		files[fmt.Sprintf("%04d_t.sql", i+1)] = fmt.Sprintf("CREATE TABLE t%d (a bigint);", i)
	}
	s.bring(t, s.target("pg", migrations.Postgres, files))
	readers := make([]pgx.Tx, tables)
	for i := range readers {
		tx, err := s.postgres(t, "pg").Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), fmt.Sprintf("SELECT count(*) FROM t%d", i))
		require.NoError(t, err)
		readers[i] = tx
		files[fmt.Sprintf("%04d_c.sql", tables+i+1)] = fmt.Sprintf("ALTER TABLE t%d ADD COLUMN c text;", i)
	}
	r, _ := s.start(t, Config{LockTimeout: 3 * time.Second}, s.target("pg", migrations.Postgres, files))
	leaving := make(chan error, 1)
	watcher := s.postgres(t, "pg")
	go func() { leaving <- leaveOneByOne(t.Context(), watcher, readers) }()
	status := await(t, r, "pg", func(st migrations.Status) bool {
		return strings.HasPrefix(st.Message, "attempt ") || st.State == migrations.Ready
	})
	require.Contains(t, status.Message, "attempt 1 waited too long for its table locks together and was rolled back; in the way: pid ")
	require.NoError(t, <-leaving)
	awaitState(t, r, "pg", migrations.Ready)
}

// leaveOneByOne ends each reader when somebody has waited for its table for more than a second, or will not any more.
func leaveOneByOne(ctx context.Context, conn *pgx.Conn, readers []pgx.Tx) error {
	for i, tx := range readers {
		for waited := false; !waited; {
			err := conn.QueryRow(ctx, `
SELECT EXISTS (
    SELECT
    FROM pg_locks
    WHERE relation = to_regclass($1)
      AND NOT granted
      AND clock_timestamp() - waitstart > interval '1200 milliseconds'
)`, fmt.Sprintf("t%d", i)).Scan(&waited)
			if err != nil {
				return err
			}
		}
		if err := tx.Rollback(ctx); err != nil {
			return err
		}
	}
	return nil
}

// TestTheBuildOfAnIndexTellsHowFarItIs builds one over a function that takes its time, on a table of many blocks.
func TestTheBuildOfAnIndexTellsHowFarItIs(t *testing.T) {
	s := newSite(t)
	files := map[string]string{
		"0001_t.sql": `CREATE TABLE wide (a bigint, filler text);
ALTER TABLE wide ALTER COLUMN filler SET STORAGE PLAIN;
INSERT INTO wide SELECT n, repeat('x', 5000) FROM generate_series(1, 150) AS n;
CREATE FUNCTION slow(a bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN a; END $$;`,
	}
	s.bring(t, s.target("pg", migrations.Postgres, files))
	files["0002_index.sql"] = alone + "CREATE INDEX CONCURRENTLY IF NOT EXISTS wide_slow ON wide (slow(a));"
	r, _ := s.start(t, Config{Manual: true}, s.target("pg", migrations.Postgres, files))
	awaitState(t, r, migrations.Ledger, migrations.Ready)
	percent := 0.0
	for _, step := range s.apply(t, r, "pg", "") {
		if step.Phase == migrations.RunningStatement && step.Percent > percent {
			require.Equal(t, "0002_index.sql", step.File)
			require.Contains(t, step.Message, "building index")
			percent = step.Percent
		}
	}
	require.Greater(t, percent, 1.0)
}
