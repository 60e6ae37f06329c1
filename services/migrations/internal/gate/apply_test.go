package gate_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
	"devtrail.dev/services/migrations/internal/runner"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

// The whole way of a contract file through the runner: it is passed over while the old instance lives, and dropped after the soak.
func TestTheRunnerDropsTheColumnWhenNobodyUsesIt(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.target.Files = fstest.MapFS{
		"0001_init.sql": files["0001_init.sql"],
		drop.Name: {Data: []byte("-- devtrail: contract\n-- devtrail: no-reader developers.nickname\n-- devtrail: soak 24h\n" +
			"ALTER TABLE developers DROP COLUMN nickname;\n")},
	}
	store := ledger.New(s.ledger)
	var ledgerName string
	require.NoError(t, s.ledger.QueryRow(t.Context(), "SELECT current_database()").Scan(&ledgerName))
	r, err := runner.Open(t.Context(), []migrations.Target{
		{Name: migrations.Ledger, Database: ledgerName, Engine: migrations.Postgres, Owner: "migrations", Files: ledgermigrations.FS}, s.target,
	}, runner.Deps{
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
	apply := func() string {
		var say strings.Builder
		for p, err := range r.Apply(t.Context(), "identity", "", "tester") {
			require.NoError(t, err)
			say.WriteString(p.File + " " + p.Message + "\n")
		}
		return say.String()
	}
	columns := func() (list []string) {
		rows, err := s.connect("devtrail-migrations test").Query(t.Context(), "SELECT * FROM developers")
		require.NoError(t, err)
		defer rows.Close()
		for _, f := range rows.FieldDescriptions() {
			list = append(list, f.Name)
		}
		return list
	}

	old := s.run("old", "build-1", "developers.id", "developers.nickname")
	say := apply()
	assert.Contains(t, say, "instance-old of build build-1 holds a live lease")
	assert.Contains(t, columns(), "nickname")
	old.stop()
	say = apply()
	assert.Contains(t, say, "must be for 24h0m0s")
	assert.Contains(t, columns(), "nickname")
	s.age(soak)
	say = apply()
	assert.False(t, slices.Contains(columns(), "nickname"), say)
	assert.Contains(t, say, drop.Name)
}
