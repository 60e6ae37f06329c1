package runner

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// freeLocker gives everybody the lock: the negative control.
type freeLocker struct{}

func (freeLocker) lock(context.Context, string, func(string)) (held, error) { return freeLock{}, nil }

type freeLock struct{}

func (freeLock) check(context.Context) error                               { return nil }
func (freeLock) blockers(context.Context, uint32) ([]string, error)        { return nil, nil }
func (freeLock) interrupt(context.Context, uint32) error                   { return nil }
func (freeLock) building(context.Context, uint32) (string, float64, error) { return "", 0, nil }
func (freeLock) release()                                                  {}

// TestTwoInstancesTogetherApplyOnce starts two runners and holds the first that would apply until the other has arrived somewhere:
// at the taken lock, or at the same place. The control without the lock must be caught by the very same counting.
func TestTwoInstancesTogetherApplyOnce(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			ran, said := raceTwo(t, engine, false)
			require.Equal(t, 1, ran)
			require.Contains(t, said, "another instance holds the lock: pid ")
			require.Contains(t, said, "(devtrail-migrations one lock "+targetName(engine)+"), connected for ")
		})
		t.Run(engine.String()+"/control without the lock", func(t *testing.T) {
			ran, _ := raceTwo(t, engine, true)
			require.Greater(t, ran, 1)
		})
	}
}

// raceTwo returns how often applying was begun in all, and what an instance said that waited.
func raceTwo(t *testing.T, engine migrations.Engine, unlocked bool) (ran int, said string) {
	s := newSite(t)
	s.bring(t) // the ledger
	name := targetName(engine)
	target := s.target(name, engine, filesOf(engine))

	var mu sync.Mutex
	inside, met := make(chan struct{}), make(chan struct{})
	meet := sync.OnceFunc(func() { close(met) })
	observe := func(step Step) {
		switch {
		case step.Database != name:
		case step.Phase == Waiting:
			meet()
		case step.Phase == Begin:
			mu.Lock()
			ran++
			second := ran > 1
			mu.Unlock()
			if second {
				meet()
			} else {
				close(inside)
			}
			<-met // later runs of the control find it closed
		}
	}
	one := s.open(t, Config{Build: "one", Observe: observe}, target)
	two := s.open(t, Config{Build: "two", Observe: observe}, target)
	if unlocked {
		one.locker, two.locker = freeLocker{}, freeLocker{}
	}
	stopOne := run(t, one)
	if !unlocked {
		// The first must be inside, so that it is known which one waits.
		select {
		case <-inside:
		case <-t.Context().Done():
		}
	}
	stopTwo := run(t, two)
	t.Cleanup(meet)
	if !unlocked {
		said = await(t, two, name, func(st migrations.Status) bool { return st.Message != "" || st.State == migrations.Ready }).Message
	}
	// Without the lock one of the two may fail, and is ready when it looks again.
	awaitState(t, one, name, migrations.Ready)
	awaitState(t, two, name, migrations.Ready)
	stopOne()
	stopTwo()
	return ran, said
}

func TestTwoStartersCreateTheSameDatabases(t *testing.T) {
	s := newSite(t)
	var starters sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		starters.Go(func() { errs[i] = createPostgres(t.Context(), s.postgresURL, s.prefix+"pg") })
	}
	starters.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Error(t, createPostgres(t.Context(), s.postgresURL, `pg"; DROP DATABASE x`))
}

// longEnough for who is in the way to be seen, also on a busy machine: a watch looks every tenth of a second.
const longEnough = 5 * time.Second

func TestALockTimeoutRollsBackNamesTheBlockerAndIsRepeated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	blocker := s.postgres(t, "pg")
	tx, err := blocker.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT count(*) FROM t")
	require.NoError(t, err)

	files := filesOf(migrations.Postgres)
	files["0003_u.sql"] = "CREATE TABLE u (a bigint);"
	files["0004_c.sql"] = "ALTER TABLE t ADD COLUMN c text;"
	r, stop := s.start(t, Config{LockTimeout: longEnough, Retry: time.Second}, s.target("pg", migrations.Postgres, files))
	status := await(t, r, "pg", func(st migrations.Status) bool { return len(st.Message) > 8 && st.Message[:8] == "attempt " })
	require.Equal(t, migrations.Applying, status.State)
	require.Contains(t, status.Message, "was rolled back")
	require.Contains(t, status.Message, "runner test")
	require.Contains(t, status.Message, "idle in transaction")
	require.NoError(t, tx.Rollback(t.Context()))
	awaitState(t, r, "pg", migrations.Ready)
	stop()
	require.ElementsMatch(t, []string{"t", "u", "devtrail_schema_history"}, s.tables(t, migrations.Postgres))
}

func TestALockThatIsNotHadWithinTheBudgetFailsTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	blocker := s.postgres(t, "pg")
	tx, err := blocker.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE t")
	require.NoError(t, err)
	files := filesOf(migrations.Postgres)
	files["0003_c.sql"] = "ALTER TABLE t ADD COLUMN c text;"
	r, _ := s.start(t, Config{LockTimeout: longEnough, LockBudget: time.Second}, s.target("pg", migrations.Postgres, files))
	status := awaitState(t, r, "pg", migrations.Failed)
	require.Contains(t, status.Message, "gave up after")
	require.Contains(t, status.Message, "runner test")
	require.NoError(t, tx.Rollback(t.Context()))
	awaitState(t, r, "pg", migrations.Ready)
}

func TestALostLockStopsTheRunBeforeItsCommit(t *testing.T) {
	s := newSite(t)
	s.bring(t)
	killer := s.postgres(t, "migrations")
	lost := sync.OnceFunc(func() {
		_, err := killer.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'devtrail-migrations % lock pg'")
		if err != nil {
			t.Error(err)
		}
	})
	r, stop := s.start(t, Config{Build: "b", Retry: time.Hour, Observe: func(step Step) {
		if step.Database == "pg" && step.Phase == BeforeCommit {
			lost()
		}
	}}, s.target("pg", migrations.Postgres, pgFiles))
	status := awaitState(t, r, "pg", migrations.Failed)
	require.Contains(t, status.Message, "the lock may be lost")
	stop()
	require.Empty(t, s.tables(t, migrations.Postgres))
}
