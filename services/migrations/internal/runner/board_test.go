package runner

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func TestWatchersSeeTheStatusNowAndEachChangeAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Runner{board: newBoard([]migrations.Status{{Database: "a"}, {Database: "b"}})}
		seen := make([][]int64, 100)
		ends := make([]error, len(seen))
		var watchers sync.WaitGroup
		for i := range seen {
			watchers.Go(func() {
				for s, err := range r.Watch(t.Context(), "a") {
					if err != nil {
						ends[i] = err
						return
					}
					seen[i] = append(seen[i], s.Version)
				}
			})
		}
		synctest.Wait()
		for _, version := range []int64{1, 1, 2} {
			r.board.change("a", func(s *migrations.Status) { s.Version = version })
			r.board.change("b", func(s *migrations.Status) { s.Version = version })
			synctest.Wait()
		}
		r.board.close()
		watchers.Wait()
		for i := range seen {
			require.Equal(t, []int64{0, 1, 2}, seen[i])
			require.ErrorIs(t, ends[i], migrations.ErrStopping)
		}
		require.Equal(t, []migrations.Status{{Database: "a", Version: 2}, {Database: "b", Version: 2}}, r.Status())
	})
}

func TestAWatcherEndsWithItsContext(t *testing.T) {
	r := &Runner{board: newBoard([]migrations.Status{{Database: "a"}})}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range r.Watch(ctx, "a") {
		last = err
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	for _, err := range r.Watch(t.Context(), "c") {
		require.ErrorIs(t, err, fault.NotFound)
	}
}

func TestPlanReturnsWhatIsAboveEverythingApplied(t *testing.T) {
	files := []schema.File{{Version: 1, Name: "0001_a.sql", Checksum: "a"}, {Version: 2, Name: "0002_b.sql", Checksum: "b"}, {Version: 4, Name: "0004_d.sql", Checksum: "d"}}
	cases := []struct {
		name    string
		applied map[int64]string
		pending []string
		refused string
	}{
		{"nothing applied", nil, []string{"0001_a.sql", "0002_b.sql", "0004_d.sql"}, ""},
		{"some", map[int64]string{1: "a"}, []string{"0002_b.sql", "0004_d.sql"}, ""},
		{"all", map[int64]string{1: "a", 2: "b", 4: "d"}, []string{}, ""},
		{"ahead", map[int64]string{1: "a", 2: "b", 4: "d", 9: "z"}, []string{}, ""},
		{"edited", map[int64]string{1: "A"}, []string{"0002_b.sql", "0004_d.sql"}, "0001_a.sql"},
		{"newest is missing", map[int64]string{1: "a", 2: "b", 3: "c"}, []string{"0004_d.sql"}, "0003"},
		{"lower number and pending", map[int64]string{2: "b"}, []string{"0004_d.sql"}, "0001_a.sql is not applied and is lower-numbered than 0002"},
		{"lower number", map[int64]string{1: "a", 4: "d"}, []string{}, "0002_b.sql"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := stand(c.applied, files, 0)
			require.Equal(t, c.pending, names(s.pending))
			if c.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, migrations.ErrRefused)
			require.ErrorContains(t, err, c.refused)
		})
	}
}

func TestClassOf(t *testing.T) {
	for sql, want := range map[string]class{
		"ALTER TABLE t ADD COLUMN a int":                                               ddl,
		"ALTER TABLE t VALIDATE CONSTRAINT c":                                          long,
		"ALTER TABLE t VALIDATE CONSTRAINT c, ADD a int":                               ddl,
		"ALTER TABLE t ALTER a DROP DEFAULT, VALIDATE CONSTRAINT c":                    ddl,
		"CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)":                                  long,
		"CREATE TABLE t (a int)":                                                       ddl,
		"DROP INDEX CONCURRENTLY i":                                                    long,
		"INSERT INTO t VALUES (1)":                                                     data,
		"WITH x AS (SELECT 1) DELETE FROM t":                                           data,
		"VACUUM t":                                                                     long,
		"ALTER TABLE public.events DETACH PARTITION p CONCURRENTLY":                    long,
		"ALTER TABLE IF EXISTS ONLY \"q\" DETACH PARTITION s.\"p\" -- x\nCONCURRENTLY": long,
		"ALTER TABLE q DETACH PARTITION p":                                             ddl,
		"COMMENT ON TABLE t IS 'validate constraints'":                                 ddl,
	} {
		statements, err := sqlsplit.Split(sql, sqlsplit.Postgres)
		require.NoError(t, err)
		require.Equal(t, want, classOf(statements[0]), sql)
	}
}
