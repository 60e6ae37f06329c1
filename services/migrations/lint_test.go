package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// TestOurOwnMigrationsAreSafe judges every service's files as the command line would, each upon those before it.
func TestOurOwnMigrationsAreSafe(t *testing.T) {
	t.Parallel()
	targets := append(migrations.Targets(migrations.ClickHouse, ""), migrations.Targets(migrations.Postgres, "")...)
	for _, target := range targets {
		t.Run(target.Name+" on "+target.Engine.String(), func(t *testing.T) {
			t.Parallel()
			applied, err := schema.Files(target.Files)
			require.NoError(t, err)
			files := make([]lint.File, len(applied))
			for i, f := range applied {
				files[i] = lint.File{Name: f.Name, SQL: f.SQL}
			}
			engine := lint.Postgres
			if target.Engine == migrations.ClickHouse {
				engine = lint.ClickHouse
			}
			found, err := lint.Lint(engine, nil, files, lint.Options{InTransaction: engine == lint.Postgres, OwnHeaders: true, ServerVersion: map[lint.Engine]string{lint.Postgres: "18", lint.ClickHouse: "26.7"}[engine], TimeoutsSet: true})
			require.NoError(t, err)
			for _, f := range found {
				if !f.Suppressed && (f.Severity == lint.Error || f.Severity == lint.Gate) {
					t.Errorf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Message)
				}
			}
		})
	}
}
