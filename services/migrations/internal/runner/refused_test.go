package runner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

func TestContradictionsAreRefusedByNameAndOthersGoOn(t *testing.T) {
	cases := []struct {
		name string
		edit func(files map[string]string)
		want []string
	}{
		{"edited", func(f map[string]string) { f["0001_t.sql"] += " -- edited" }, []string{"0001_t.sql", "edited", "restore"}},
		{"missing", func(f map[string]string) { delete(f, "0002_b.sql") }, []string{"0002", "missing", "restore"}},
		{"edited and renumbered", func(f map[string]string) {
			f["0010_x.sql"] = f["0002_b.sql"]
			delete(f, "0002_b.sql")
			f["0001_t.sql"] += " -- edited"
		}, []string{"0001_t.sql", "0002"}},
	}
	for _, engine := range bothEngines {
		for _, c := range cases {
			t.Run(engine.String()+"/"+c.name, func(t *testing.T) {
				s := newSite(t)
				name := targetName(engine)
				files := filesOf(engine)
				s.bring(t, s.target(name, engine, files))
				c.edit(files)
				files["0011_new.sql"] = "CREATE TABLE IF NOT EXISTS new_table (a Int) " + map[bool]string{true: "ENGINE = MergeTree ORDER BY a"}[engine == migrations.ClickHouse]

				r, stop := s.start(t, Config{}, s.target(name, engine, files), s.target("other", migrations.Postgres, pgFiles))
				status := awaitState(t, r, name, migrations.Refused)
				awaitState(t, r, "other", migrations.Ready)
				health := migrations.Health(r.Status())
				for _, part := range c.want {
					require.Contains(t, status.Message, part)
					require.ErrorContains(t, health, part)
				}
				stop()
				require.NotContains(t, s.tables(t, engine), "new_table")
			})
		}
	}
}

func TestANewFileBelowTheVersionIsRefused(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			files := filesOf(engine)
			files["0005_late.sql"] = files["0002_b.sql"]
			delete(files, "0002_b.sql")
			s.bring(t, s.target(name, engine, files))
			files["0003_between.sql"] = "CREATE TABLE IF NOT EXISTS between_table (a Int) " + map[bool]string{true: "ENGINE = MergeTree ORDER BY a"}[engine == migrations.ClickHouse]
			r, stop := s.start(t, Config{}, s.target(name, engine, files))
			status := awaitState(t, r, name, migrations.Refused)
			require.Contains(t, status.Message, "0003_between.sql")
			require.Contains(t, status.Message, "renumber")
			stop()
			require.NotContains(t, s.tables(t, engine), "between_table")
		})
	}
}

func TestADatabaseAheadOfTheBuildIsReady(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	older := map[string]string{"0001_t.sql": pgFiles["0001_t.sql"]}
	r, _ := s.start(t, Config{}, s.target("pg", migrations.Postgres, older))
	status := awaitState(t, r, "pg", migrations.Ready)
	require.Equal(t, int64(2), status.Version)
	require.Equal(t, int64(1), status.TargetVersion)
}
