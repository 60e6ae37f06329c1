package runner

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// TestAFirstRunThatWasNotBookedHasEndedAllTheSame holds that lint and gates protect a database whose first run has done its work, whether the ledger heard it or not.
func TestAFirstRunThatWasNotBookedHasEndedAllTheSame(t *testing.T) {
	for _, engine := range bothEngines {
		for how, bring := range map[string]func(*testing.T, *site){
			"killed": func(t *testing.T, s *site) {
				s.killAt(t, engine, filesOf(engine), Step{Database: targetName(engine), File: "0002_b.sql", Phase: AfterCommit})
			},
			"the ledger did not take it": func(t *testing.T, s *site) {
				r := s.open(t, Config{}, s.target(targetName(engine), engine, filesOf(engine)))
				r.deps.Ledger = deafLedger{r.deps.Ledger}
				stop := run(t, r)
				awaitState(t, r, targetName(engine), migrations.Ready)
				stop()
			},
		} {
			t.Run(engine.String()+" "+how, func(t *testing.T) {
				s := newSite(t)
				name := targetName(engine)
				bring(t, s)
				require.NotEqual(t, migrations.Applied, s.runs(t, name)[0].Outcome)
				files := filesOf(engine)
				files["0003_drop.sql"] = contractOf[engine]
				r := s.open(t, Config{Recheck: time.Hour}, s.target(name, engine, files))
				r.deps.Gates = &gates{}
				stop := run(t, r)
				status := await(t, r, name, func(st migrations.Status) bool { return st.State == migrations.Ready })
				require.Equal(t, []string{"0003_drop.sql"}, status.Waiting)
				stop()
				require.Contains(t, s.columns(t, engine), "b")

				delete(files, "0003_drop.sql")
				files["0003_bare.sql"] = map[migrations.Engine]string{
					migrations.Postgres: "ALTER TABLE t DROP COLUMN b;", migrations.ClickHouse: "ALTER TABLE t DROP COLUMN IF EXISTS b",
				}[engine]
				r, stop = s.start(t, Config{Recheck: time.Hour}, s.target(name, engine, files))
				status = await(t, r, name, func(st migrations.Status) bool { return st.State == migrations.Refused || st.State == migrations.Ready })
				require.Equal(t, migrations.Refused, status.State)
				stop()
			})
		}
	}
}

// TestAFirstRunIsFreshUntilServicesMayStart holds that what was cut off goes on as it began, and that files for which no service waits do not make it longer.
func TestAFirstRunIsFreshUntilServicesMayStart(t *testing.T) {
	drop := "-- devtrail: no-transaction\n" + contractOf[migrations.Postgres]
	for _, c := range []struct {
		engine migrations.Engine
		drop   string
		last   string
		b      bool
	}{
		{migrations.ClickHouse, contractOf[migrations.ClickHouse], "0001_t.sql", false},
		{migrations.ClickHouse, contractOf[migrations.ClickHouse], "0002_b.sql", true},
		{migrations.Postgres, drop, "0002_b.sql", true},
	} {
		t.Run(c.engine.String()+" "+c.last, func(t *testing.T) {
			s := newSite(t)
			name := targetName(c.engine)
			files := filesOf(c.engine)
			files["0003_drop.sql"] = c.drop
			s.killAt(t, c.engine, files, Step{Database: name, File: c.last, Phase: AfterCommit})
			s.bring(t, s.target(name, c.engine, files))
			if c.b {
				require.Contains(t, s.columns(t, c.engine), "b")
			} else {
				require.NotContains(t, s.columns(t, c.engine), "b")
			}
		})
	}
}

// deafLedger is told of beginnings only.
type deafLedger struct{ Ledger }

func (deafLedger) Finish(context.Context, migrations.Run) error {
	return errors.New("the ledger is away")
}
