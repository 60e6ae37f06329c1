package runner

import (
	"context"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/drift"
)

// byHand makes the database of a target without the runner.
func (s *site) byHand(t *testing.T, engine migrations.Engine, statements ...string) {
	t.Helper()
	if engine == migrations.ClickHouse {
		s.onClickHouse(t, "default", func(ch clickhouse.Conn) {
			require.NoError(t, ch.Exec(t.Context(), "CREATE DATABASE "+s.prefix+"ch"))
		})
		s.onClickHouse(t, s.prefix+"ch", func(ch clickhouse.Conn) {
			for _, statement := range statements {
				require.NoError(t, ch.Exec(t.Context(), statement))
			}
		})
		return
	}
	require.NoError(t, createPostgres(t.Context(), s.postgresURL, s.prefix+"pg"))
	conn := s.postgres(t, "pg")
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
}

// TestADatabaseMadeByOtherMeansIsLeftAloneAndTakenOver holds that nothing runs over a schema that the runner has not made, until somebody says which files made it.
func TestADatabaseMadeByOtherMeansIsLeftAloneAndTakenOver(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			files := filesOf(engine)
			s.byHand(t, engine, files["0001_t.sql"])
			r := s.open(t, Config{}, s.target(name, engine, files))
			r.deps.Drift = drift.New(drift.Deps{ClickHouseURL: s.clickHouseURL, PostgresURL: s.postgresURL})
			run(t, r)
			status := awaitState(t, r, name, migrations.Refused)
			require.Contains(t, status.Message, "it has t, for one")
			require.Contains(t, status.Message, "BaselineDatabase")

			_, err := r.Baseline(t.Context(), name, 2, "operator test")
			require.ErrorIs(t, err, migrations.ErrDrifted)
			require.ErrorContains(t, err, "b is missing")
			_, err = r.Baseline(t.Context(), name, 7, "operator test")
			require.ErrorIs(t, err, migrations.ErrVersionNotFound)
			_, err = r.Baseline(t.Context(), "nobody", 1, "operator test")
			require.ErrorIs(t, err, migrations.ErrDatabaseNotFound)

			status, err = r.Baseline(t.Context(), name, 1, "operator test")
			require.NoError(t, err)
			require.Equal(t, int64(1), status.Version)
			awaitState(t, r, name, migrations.Ready)
			entries, err := r.History(t.Context(), name, 9, 9)
			require.NoError(t, err)
			require.Len(t, entries, 2)
			require.False(t, entries[0].Baseline)
			require.True(t, entries[1].Baseline)
			require.Equal(t, "operator test", entries[1].Actor)
			_, err = r.Baseline(t.Context(), name, 1, "operator test")
			require.ErrorIs(t, err, migrations.ErrHistoryExists)
			first, err := r.deps.Ledger.FirstRun(context.Background(), name)
			require.NoError(t, err)
			require.Zero(t, first, "it is in use, so lint and gates protect it")
		})
	}
}
