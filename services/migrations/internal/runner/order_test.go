package runner

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// plans is a Planner whose fingerprint is given.
type plans struct{ fingerprint string }

func (p *plans) Plan(context.Context, migrations.Target, []schema.File, []schema.File, []schema.File) (migrations.Plan, error) {
	return migrations.Plan{}, nil
}

func (p *plans) Fingerprint(context.Context, migrations.Target, []schema.File) (string, error) {
	return p.fingerprint, nil
}

func TestLintRefusesByNameAndAnOverrideLetsItPass(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	files := filesOf(migrations.Postgres)
	files["0003_c.sql"] = "ALTER TABLE t ADD COLUMN c text;"
	files["0004_index.sql"] = "-- why\nCREATE INDEX t_b ON t (b);"
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	status := awaitState(t, r, "pg", migrations.Refused)
	require.Contains(t, status.Message, "0004_index.sql:2: require-concurrent-index-creation: ")
	require.Contains(t, status.Message, `OverrideStep {"database": "pg", "file": "0004_index.sql", "rule": "require-concurrent-index-creation"`)
	require.Equal(t, []string{"0003_c.sql", "0004_index.sql"}, status.Pending, "all of the files or none")
	require.NotContains(t, s.columns(t, migrations.Postgres), "c")
	_, err := r.Override(t.Context(), migrations.Override{Database: "pg", File: "0004_index.sql", Rule: "require-concurrent-index-creation", Reason: "the table is small", Actor: "operator one"})
	require.NoError(t, err)
	awaitState(t, r, "pg", migrations.Ready)
	entries, err := r.History(t.Context(), "pg", 5, 2)
	require.NoError(t, err)
	require.Equal(t, "the table is small", entries[0].Overrides[0].Reason)
	require.Empty(t, entries[1].Overrides)
	stop()
}

// TestHeadersOfOtherToolsAreNotBelieved has a file that runs in a transaction, whatever it says to another tool.
func TestHeadersOfOtherToolsAreNotBelieved(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	for _, header := range []string{"-- atlas:txmode none", "-- squawk-disable-assume-in-transaction", "-- migrate:up transaction:false", "-- Devtrail: No-Transaction"} {
		files := filesOf(migrations.Postgres)
		files["0003_c.sql"] = header + "\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;"
		r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
		status := await(t, r, "pg", func(s migrations.Status) bool { return s.State == migrations.Refused || s.Version == 3 })
		stop()
		require.Contains(t, status.Message, "0003_c.sql:3: validate-in-same-transaction: ", header)
	}
}

func TestAContractStepWithoutItsHeaderIsRefused(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	files := filesOf(migrations.Postgres)
	files["0003_drop.sql"] = "ALTER TABLE t DROP COLUMN b;"
	r, _ := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	status := awaitState(t, r, "pg", migrations.Refused)
	require.Contains(t, status.Message, "0003_drop.sql:1: ")
	require.Contains(t, status.Message, "-- devtrail: contract")
}

func TestManualFilesWaitForACallAndAStalePlanIsRefused(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			r := s.open(t, Config{Manual: true}, s.target(name, engine, filesOf(engine)))
			r.deps.Planner = &plans{fingerprint: "now"}
			stop := run(t, r)
			status := await(t, r, name, func(st migrations.Status) bool { return st.Message != "" })
			require.Equal(t, migrations.Pending, status.State)
			require.Contains(t, status.Message, "ApplyDatabase")

			s.apply(t, r, migrations.Ledger, "")
			for p, err := range r.Apply(t.Context(), name, "then", "operator test") {
				if err != nil {
					require.ErrorIs(t, err, migrations.ErrPlanStale)
					break
				}
				require.NotEqual(t, migrations.Finished, p.Phase)
			}
			require.Equal(t, migrations.Pending, r.board.get(name).State)

			var phases []migrations.Phase
			applied := map[string]bool{}
			for _, p := range s.apply(t, r, name, "now") {
				phases = append(phases, p.Phase)
				if p.Phase == migrations.FileApplied {
					applied[p.File] = true
				}
			}
			require.Equal(t, map[string]bool{"0001_t.sql": true, "0002_b.sql": true}, applied)
			require.Contains(t, phases, migrations.Checking)
			require.Equal(t, migrations.Finished, phases[len(phases)-1])
			require.Equal(t, migrations.Ready, r.board.get(name).State)
			entries, err := r.History(t.Context(), name, 9, 9)
			require.NoError(t, err)
			for _, e := range entries {
				require.Equal(t, "operator test", e.Actor)
			}
			stop()
			for _, err := range r.Apply(t.Context(), name, "", "late") {
				require.ErrorIs(t, err, migrations.ErrStopping)
			}
		})
	}
	s := newSite(t)
	r := s.open(t, Config{})
	for _, err := range r.Apply(t.Context(), "nobody", "", "") {
		require.ErrorIs(t, err, migrations.ErrDatabaseNotFound)
	}
}

func TestAFailedAttemptTellsTheCallerWhy(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	files["0003_bad.sql"] = "SELECT 1 / 0;"
	r, _ := s.start(t, Config{Manual: true}, s.target("pg", migrations.Postgres, files))
	s.apply(t, r, migrations.Ledger, "")
	var last error
	for _, err := range r.Apply(t.Context(), "pg", "", "operator test") {
		last = err
	}
	require.ErrorIs(t, last, migrations.ErrApplyFailed)
	require.ErrorContains(t, last, "0003_bad.sql line 1")
	require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "division by zero")
}

// TestACallerThatLeavesDoesNotStopTheRun leaves at the first step, while the run is held.
func TestACallerThatLeavesDoesNotStopTheRun(t *testing.T) {
	s := newSite(t)
	left := make(chan struct{})
	r, _ := s.start(t, Config{Manual: true, Observe: func(step Step) {
		if step.Database == "pg" && step.Phase == Begin {
			<-left
		}
	}}, s.target("pg", migrations.Postgres, pgFiles))
	s.apply(t, r, migrations.Ledger, "")
	ctx, cancel := context.WithCancel(t.Context())
	for p, err := range r.Apply(ctx, "pg", "", "operator test") {
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			break
		}
		require.NotEqual(t, migrations.FileApplied, p.Phase)
		cancel()
	}
	cancel()
	close(left)
	awaitState(t, r, "pg", migrations.Ready)
}

func TestReadersOfAStreamGoAtTheirOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream()
		var readers sync.WaitGroup
		counts := make([]int, 20)
		for i := range counts {
			readers.Go(func() {
				last := 0
				for p, err := range s.read(t.Context()) {
					if err != nil {
						require.ErrorIs(t, err, migrations.ErrPlanStale)
						return
					}
					require.Greater(t, p.Statement, last)
					last = p.Statement
					counts[i]++
					if i%2 == 0 {
						<-time.After(time.Second)
					}
				}
			})
		}
		const steps = 2*streamLimit + 7
		for n := 1; n <= steps; n++ {
			for range 2 { // the same said twice is said once
				s.add(migrations.Progress{Statement: n})
			}
			if n%10 == 0 {
				synctest.Wait()
			}
		}
		s.end(migrations.ErrPlanStale)
		readers.Wait()
		for i, n := range counts {
			if i%2 == 1 {
				require.Equal(t, steps, n, "a reader that keeps up misses nothing")
			} else {
				require.Greater(t, n, streamLimit/2-1)
			}
		}
	})
}
