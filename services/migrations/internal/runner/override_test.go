package runner

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// TestACommentOpensNoGate holds that what takes something away is refused in a plain file, whatever the file says of it, until somebody signs for it.
func TestACommentOpensNoGate(t *testing.T) {
	for engine, c := range map[migrations.Engine]struct{ rule, drop string }{
		migrations.Postgres:   {"ban-drop-column", "ALTER TABLE t DROP COLUMN b;"},
		migrations.ClickHouse: {"ch-drop-column", "ALTER TABLE t DROP COLUMN IF EXISTS b"},
	} {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			s.bring(t, s.target(name, engine, filesOf(engine)))
			files := filesOf(engine)
			files["0003_drop.sql"] = "-- devtrail:ignore " + c.rule + " nobody reads it\n" + c.drop
			r, _ := s.start(t, Config{Recheck: time.Hour}, s.target(name, engine, files))
			status := await(t, r, name, func(st migrations.Status) bool { return st.State == migrations.Refused || st.State == migrations.Ready })
			require.Equal(t, migrations.Refused, status.State)
			require.Contains(t, status.Message, "0003_drop.sql:2: "+c.rule)
			require.Contains(t, s.columns(t, engine), "b")
			_, err := r.Override(t.Context(), migrations.Override{Database: name, File: "0003_drop.sql", Rule: c.rule, Reason: "nobody reads it", Actor: "operator one"})
			require.NoError(t, err)
			awaitState(t, r, name, migrations.Ready)
			require.NotContains(t, s.columns(t, engine), "b")
		})
	}
}

// blind is a Gatekeeper who cannot read the records.
type blind struct{}

func (blind) Gate(context.Context, migrations.Target, schema.File) (migrations.Gate, error) {
	return migrations.Gate{}, errors.New("the records are away")
}

// blindBackfills cannot say what is done.
type blindBackfills struct{}

func (blindBackfills) Done(context.Context, string, string) (bool, error) {
	return false, errors.New("the backfills are away")
}

func TestAnOverriddenGateAsksNobody(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			s.bring(t, s.target(name, engine, filesOf(engine)))
			files := filesOf(engine)
			files["0003_drop.sql"] = "-- devtrail: after-backfill 0002_b\n" + contractOf[engine]
			r := s.open(t, Config{Recheck: time.Hour}, s.target(name, engine, files))
			r.deps.Gates, r.deps.Backfills = blind{}, blindBackfills{}
			run(t, r)
			awaitState(t, r, name, migrations.Ready)
			steps := s.apply(t, r, name, "")
			require.Contains(t, steps[len(steps)-2].Message, "the records are away")
			_, err := r.Override(t.Context(), migrations.Override{Database: name, File: "0003_drop.sql", Rule: migrations.GateRule, Reason: "nobody reads it", Actor: "operator one"})
			require.NoError(t, err)
			list, err := r.Gates(t.Context(), name)
			require.NoError(t, err)
			if len(list) > 0 { // else the file is applied already
				require.Equal(t, migrations.GateOverridden, list[0].State)
				require.Equal(t, []string{"t.b"}, list[0].Objects)
			}
			await(t, r, name, func(st migrations.Status) bool { return len(st.Waiting) == 0 })
			require.NotContains(t, s.columns(t, engine), "b")
		})
	}
}
