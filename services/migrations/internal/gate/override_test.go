package gate_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
	"devtrail.dev/services/migrations/internal/runner"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

// TestTheTablesOfTheGatesThemselvesWaitForAnOverride applies a file that locks what every gate is judged by.
func TestTheTablesOfTheGatesThemselvesWaitForAnOverride(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const file = "0099_parked.sql"
	own := fstest.MapFS{file: {Data: []byte("-- devtrail: contract\n-- devtrail: no-reader instances.parked\n-- devtrail: soak 1h\nALTER TABLE instances ALTER COLUMN parked DROP NOT NULL;\n")}}
	names, err := fs.Glob(ledgermigrations.FS, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(ledgermigrations.FS, name)
		require.NoError(t, err)
		own[name] = &fstest.MapFile{Data: text}
	}
	store := ledger.New(s.ledger)
	target := migrations.Target{Name: migrations.Ledger, Database: s.ledger.Config().ConnConfig.Database, Engine: migrations.Postgres, Owner: "migrations", Files: own}
	r, err := runner.Open(t.Context(), []migrations.Target{target}, runner.Deps{
		Gates: s.Judge, Ledger: store, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Overrides: store, PostgresURL: s.deps.PostgresURL,
	}, runner.Config{Build: "test", Manual: true, DDLTimeout: 30 * time.Second})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			require.NoError(t, err)
		}
	}()
	apply := func() (last []migrations.Progress) {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		for p, err := range r.Apply(ctx, migrations.Ledger, "", "tester") {
			require.NoError(t, err)
			if p.File == file {
				last = append(last, p)
			}
		}
		return last
	}
	_, err = s.Gate(t.Context(), target, drop)
	require.NoError(t, err)
	apply()
	s.age(soak)
	steps := apply()
	require.Equal(t, migrations.PassedOver, steps[len(steps)-1].Phase)
	require.Contains(t, steps[len(steps)-1].Message, "only an override lets it pass")

	_, err = r.Override(t.Context(), migrations.Override{Database: migrations.Ledger, File: file, Rule: migrations.GateRule, Reason: "all instances are of this build", Actor: "tester"})
	require.NoError(t, err)
	steps = apply()
	require.Equal(t, migrations.FileApplied, steps[len(steps)-1].Phase)
}
