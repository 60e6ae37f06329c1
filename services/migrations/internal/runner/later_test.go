package runner

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// gates is a Gatekeeper that is opened by hand.
type gates struct {
	mu   sync.Mutex
	open bool
	// left is after how many answers an open gate closes by itself; 0 for never.
	left int
}

func (g *gates) set(open bool, left int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.left = open, left
}

func (g *gates) Gate(_ context.Context, _ migrations.Target, f schema.File) (migrations.Gate, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate := migrations.Gate{Objects: f.Contract.NoReader, Soak: f.Contract.Soak}
	if !g.open {
		gate.Offenders = []migrations.Offender{{Kind: migrations.ByLease, Message: "instance one of identity reads t.b"}}
		return gate, nil
	}
	gate.State = migrations.GateOpen
	if g.left > 0 {
		g.left--
		g.open = g.left > 0
	}
	return gate, nil
}

// backfills knows those that are done.
type backfills struct{ sync.Map }

func (b *backfills) Done(_ context.Context, _, name string) (bool, error) {
	_, ok := b.Load(name)
	return ok, nil
}

const dropB = "-- devtrail: contract\n-- devtrail: no-reader t.b\n-- devtrail: soak 0s\n"

var contractOf = map[migrations.Engine]string{
	migrations.Postgres:   dropB + "ALTER TABLE t DROP COLUMN b;",
	migrations.ClickHouse: dropB + "ALTER TABLE t DROP COLUMN IF EXISTS b",
}

var moreOf = map[migrations.Engine]string{
	migrations.Postgres:   "ALTER TABLE t ADD COLUMN c text;",
	migrations.ClickHouse: "ALTER TABLE t ADD COLUMN IF NOT EXISTS c String",
}

func TestAContractFileWaitsForItsGateAndTheRestIsApplied(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			s.bring(t, s.target(name, engine, filesOf(engine)))
			files := filesOf(engine)
			files["0003_drop.sql"], files["0004_more.sql"] = contractOf[engine], moreOf[engine]
			keeper := &gates{}
			r := s.open(t, Config{Recheck: time.Hour}, s.target(name, engine, files))
			r.deps.Gates = keeper
			stop := run(t, r)
			status := await(t, r, name, func(st migrations.Status) bool { return st.Note != "" })
			require.Equal(t, migrations.Ready, status.State)
			require.Equal(t, int64(4), status.Version)
			require.Equal(t, []string{"0003_drop.sql"}, status.Waiting)
			require.Contains(t, status.Note, "0003_drop.sql is closed: instance one of identity reads t.b")
			list, err := r.Gates(t.Context(), name)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, []string{"t.b"}, list[0].Objects)
			require.Equal(t, migrations.GateWaiting, list[0].State)

			// A gate that closes between the first look and the commit lets nothing through.
			keeper.set(true, 1)
			steps := s.apply(t, r, name, "")
			require.Equal(t, migrations.PassedOver, steps[len(steps)-2].Phase)
			require.Equal(t, migrations.Finished, steps[len(steps)-1].Phase)
			require.Equal(t, []string{"0003_drop.sql"}, r.board.get(name).Waiting)

			keeper.set(true, 0)
			s.apply(t, r, name, "")
			status = await(t, r, name, func(st migrations.Status) bool { return len(st.Waiting) == 0 && st.Note == "" })
			require.Equal(t, migrations.Ready, status.State)
			entries, err := r.History(t.Context(), name, 4, 1)
			require.NoError(t, err)
			require.Equal(t, "0003_drop.sql", entries[0].Name)
			stop()
		})
	}
}

// apply asks for an attempt and returns its steps.
func (s *site) apply(t *testing.T, r *Runner, name, fingerprint string) []migrations.Progress {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var steps []migrations.Progress
	for p, err := range r.Apply(ctx, name, fingerprint, "operator test") {
		require.NoError(t, err)
		require.Equal(t, name, p.Database)
		steps = append(steps, p)
	}
	require.NotEmpty(t, steps)
	return steps
}

func TestAFreshDatabaseHasNoGates(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			files := filesOf(engine)
			files["0003_drop.sql"], files["0004_more.sql"] = contractOf[engine], moreOf[engine]
			s.bring(t, s.target(targetName(engine), engine, files))
			require.NotContains(t, s.columns(t, engine), "b")
		})
	}
}

// columns returns the columns of t.
func (s *site) columns(t *testing.T, engine migrations.Engine) []string {
	t.Helper()
	if engine == migrations.ClickHouse {
		return s.chColumn(t, "ch", "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 't'")
	}
	return s.column(t, "pg", "SELECT column_name::text FROM information_schema.columns WHERE table_name = 't'")
}

func TestAnOverrideOpensAGateAndIsInTheHistory(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	files := filesOf(migrations.Postgres)
	files["0003_drop.sql"] = contractOf[migrations.Postgres]
	r := s.open(t, Config{Recheck: time.Hour}, s.target("pg", migrations.Postgres, files))
	r.deps.Gates = &gates{}
	run(t, r)
	await(t, r, "pg", func(st migrations.Status) bool { return st.State == migrations.Ready })
	override := migrations.Override{Database: "pg", File: "0003_drop.sql", Rule: migrations.GateRule, Reason: "the reader is a dashboard", Actor: "operator one"}
	for _, wrong := range []migrations.Override{
		{Database: "nobody", File: override.File, Rule: override.Rule},
		{Database: "pg", File: "0001_t.sql", Rule: override.Rule},
		{Database: "pg", File: override.File, Rule: "no-such-rule"},
	} {
		_, err := r.Override(t.Context(), wrong)
		require.Error(t, err)
	}
	given, err := r.Override(t.Context(), override)
	require.NoError(t, err)
	require.False(t, given.At.IsZero())
	again := override
	again.Actor = "operator two"
	again, err = r.Override(t.Context(), again)
	if err == nil { // else the file is applied already
		require.Equal(t, "operator one", again.Actor)
	}
	await(t, r, "pg", func(st migrations.Status) bool { return len(st.Waiting) == 0 })
	entries, err := r.History(t.Context(), "pg", 4, 1)
	require.NoError(t, err)
	require.Len(t, entries[0].Overrides, 1)
	require.Equal(t, override.Reason, entries[0].Overrides[0].Reason)
	require.Equal(t, "operator one", entries[0].Overrides[0].Actor)
}

func TestBackgroundFilesDoNotHoldUpReadinessAndWaitForTheirBackfill(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			s.bring(t, s.target(name, engine, filesOf(engine)))
			files := filesOf(engine)
			files["0003_rows.sql"] = "-- devtrail: background\n-- devtrail: after-backfill 0002_b\n" + moreOf[engine]
			files["0004_d.sql"] = map[migrations.Engine]string{
				migrations.Postgres: "ALTER TABLE t ADD COLUMN d text;", migrations.ClickHouse: "ALTER TABLE t ADD COLUMN IF NOT EXISTS d String",
			}[engine]
			done := &backfills{}
			r := s.open(t, Config{}, s.target(name, engine, files))
			r.deps.Backfills = done
			run(t, r)
			status := await(t, r, name, func(st migrations.Status) bool { return st.Note != "" })
			require.Equal(t, migrations.Ready, status.State)
			require.Equal(t, int64(4), status.Version)
			require.Contains(t, status.Note, "the backfill 0002_b is not done")
			done.Store("0002_b", true)
			status = await(t, r, name, func(st migrations.Status) bool { return len(st.Waiting) == 0 })
			require.Equal(t, migrations.Ready, status.State)
			require.Contains(t, s.columns(t, engine), "c")
			require.Equal(t, migrations.Applied, s.awaitRun(t, name+" background").Outcome)
		})
	}
}

// awaitRun returns the newest run of the name that has ended.
func (s *site) awaitRun(t *testing.T, name string) migrations.Run {
	t.Helper()
	var last migrations.Run
	require.Eventually(t, func() bool {
		runs := s.runs(t, name)
		if len(runs) > 0 {
			last = runs[0]
		}
		return last.Outcome == migrations.Applied || last.Outcome == migrations.FailedRun
	}, 30*time.Second, 50*time.Millisecond)
	return last
}

func TestAHistoryOfAnEarlierBuildIsReadAndCompleted(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	conn := s.postgres(t, "pg")
	_, err := conn.Exec(t.Context(), `
ALTER TABLE devtrail_schema_history DROP COLUMN lock_wait_ms, DROP COLUMN actor, DROP COLUMN overrides, DROP COLUMN baseline`)
	require.NoError(t, err)
	files := filesOf(migrations.Postgres)
	files["0003_c.sql"] = moreOf[migrations.Postgres]
	r, _ := s.start(t, Config{Manual: true}, s.target("pg", migrations.Postgres, files))
	entries, err := r.History(t.Context(), "pg", 9, 9)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Empty(t, entries[0].Actor)
	s.apply(t, r, "pg", "")
	entries, err = r.History(t.Context(), "pg", 9, 9)
	require.NoError(t, err)
	require.Equal(t, "operator test", entries[0].Actor)
	require.Empty(t, entries[1].Actor)
}
