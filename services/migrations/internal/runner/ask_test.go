package runner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/plan"
)

// TestAPlanGoesTheWayOfTheRun has files that work in the order of their numbers and not in that of the run, which does contract files first.
func TestAPlanGoesTheWayOfTheRun(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			s.bring(t, s.target(name, engine, filesOf(engine)))
			files := filesOf(engine)
			files["0003_c.sql"] = "-- devtrail: background\n" + moreOf[engine]
			files["0004_use_c.sql"] = "-- devtrail: contract\n-- devtrail: no-reader t.b\n-- devtrail: no-reader t.c\n" + map[migrations.Engine]string{
				migrations.Postgres: "ALTER TABLE t DROP COLUMN c;", migrations.ClickHouse: "ALTER TABLE t UPDATE b = c WHERE 1",
			}[engine]
			files["0005_d.sql"] = map[migrations.Engine]string{
				migrations.Postgres: "ALTER TABLE t ADD COLUMN d text;", migrations.ClickHouse: "ALTER TABLE t ADD COLUMN IF NOT EXISTS d String",
			}[engine]
			r := s.open(t, Config{Manual: true, Recheck: time.Hour}, s.target(name, engine, files))
			keeper := &gates{}
			keeper.set(true, 0)
			r.deps.Planner, r.deps.Gates = plan.New(plan.Deps{ClickHouseURL: s.clickHouseURL, PostgresURL: s.postgresURL}), keeper
			run(t, r)
			made, err := r.Plan(t.Context(), name)
			require.NoError(t, err)
			var order []string
			for _, one := range made.Segments {
				order = append(order, one.Files...)
			}
			require.Equal(t, []string{"0005_d.sql", "0004_use_c.sql", "0003_c.sql"}, order)
			require.Contains(t, made.Segments[1].Statements[0].Unmeasured, "it fails on a copy of the schema")
			require.Equal(t, []bool{false, false, true}, []bool{made.Segments[0].Background, made.Segments[1].Background, made.Segments[2].Background})
			stopped := ""
			for p, err := range r.Apply(t.Context(), name, made.Fingerprint, "operator test") {
				if p.Phase == migrations.PassedOver {
					stopped = p.Message // lint of ClickHouse closes the gate of such a file
				}
				if err != nil {
					stopped = err.Error()
				}
			}
			require.Contains(t, stopped, "0004_use_c.sql", "the run stops where the plan said")
		})
	}
}

// TestAPlanOfAFreshDatabaseHasItsTransactions has a contract file that nobody is there to be protected from.
func TestAPlanOfAFreshDatabaseHasItsTransactions(t *testing.T) {
	s := newSite(t)
	files := filesOf(migrations.Postgres)
	files["0003_drop.sql"], files["0004_more.sql"] = contractOf[migrations.Postgres], moreOf[migrations.Postgres]
	files["0005_d.sql"] = "-- devtrail: background\nALTER TABLE t ADD COLUMN d text;"
	var commits []string
	r := s.open(t, Config{Manual: true, Recheck: time.Hour, Observe: func(step Step) {
		if step.Database == "pg" && step.Phase == AfterCommit {
			commits = append(commits, step.File)
		}
	}}, s.target("pg", migrations.Postgres, files))
	r.deps.Planner = plan.New(plan.Deps{PostgresURL: s.postgresURL})
	stop := run(t, r)
	s.apply(t, r, migrations.Ledger, "")
	made, err := r.Plan(t.Context(), "pg")
	require.NoError(t, err)
	var last []string
	for _, one := range made.Segments {
		require.True(t, one.Transaction)
		require.False(t, one.Background, "the database is not ready before it")
		last = append(last, one.Files[len(one.Files)-1])
	}
	require.Equal(t, []string{"0004_more.sql", "0005_d.sql"}, last)
	s.apply(t, r, "pg", made.Fingerprint)
	stop()
	require.Equal(t, last, commits)
}
