package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations/server"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// startMigrations runs the real service on databases of its own until the test ends, and returns its flags, its Postgres and the prefix of the databases.
func startMigrations(t *testing.T) (flags []string, postgresURL, prefix string) {
	t.Helper()
	address := servetest.FreeAddress(t)
	postgresURL, prefix = dbtest.PostgresServer(t), dbtest.Name(t)+"_"
	key := auth.NewToken(auth.PrefixOperator)
	settings := map[string]string{
		"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "MIGRATIONS_ADDRESS": address,
		"MIGRATIONS_DATABASE_PREFIX": prefix, "MIGRATIONS_DDL_TIMEOUT": "1m", "MIGRATIONS_DEBUG_ADDRESS": "127.0.0.1:0",
		"MIGRATIONS_EVENTS_STORE": "postgres", "MIGRATIONS_POSTGRES_URL": postgresURL,
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, postgresURL)
		require.NoError(t, err)
		defer conn.Close(ctx)
		for _, name := range []string{"migrations", "identity", "packages", "analytics"} {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+prefix+name+" WITH (FORCE)")
			require.NoError(t, err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	var log bytes.Buffer
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Run(ctx, func(name string) string { return settings[name] }, &log); err != nil {
			t.Errorf("the service ended: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	conn, err := dial.New(address, dial.Options{Token: key})
	require.NoError(t, err)
	defer conn.Close()
	for _, name := range []string{"migrations", "identity", "packages", "analytics"} {
		stream, err := migrationsv1.NewMigrationServiceClient(conn).WaitReady(t.Context(), &migrationsv1.WaitReadyRequest{Database: name}, grpc.WaitForReady(true))
		require.NoError(t, err)
		require.NoError(t, receive(stream, func(*migrationsv1.WaitReadyResponse) (bool, error) { return true, nil }))
	}
	return []string{"--key", key, "--address", address}, postgresURL, prefix
}

// TestMigrateAsksTheService calls every command once, against the service itself.
func TestMigrateAsksTheService(t *testing.T) {
	home(t)
	flags, postgresURL, prefix := startMigrations(t)
	migrate := func(args ...string) (string, error) {
		return devtrail(t, append(append([]string{"migrate"}, args...), flags...)...)
	}

	out, err := migrate("status")
	require.NoError(t, err)
	require.Equal(t, 5, strings.Count(out, "\n"), out)
	require.Regexp(t, `(?m)^identity    postgres  ready  0001     0001    -$`, out)
	out, err = migrate("status", "--json")
	require.NoError(t, err)
	var status migrationsv1.GetStatusResponse
	require.NoError(t, protojson.Unmarshal([]byte(out), &status))
	require.Len(t, status.GetDatabases(), 4)
	require.Equal(t, 1, strings.Count(out, "\n"), "a line for each answer")

	out, err = migrate("history", "packages", "--limit", "1")
	require.NoError(t, err)
	require.Contains(t, out, "0002_inventories.sql")
	require.NotContains(t, out, "0001_init.sql")
	out, err = migrate("history", "packages")
	require.NoError(t, err)
	require.Contains(t, out, "0001_init.sql")
	_, err = migrate("history", "none")
	require.ErrorIs(t, err, fault.NotFound)

	out, err = migrate("plan", "identity")
	require.NoError(t, err)
	require.Equal(t, "nothing waits in identity\n", out)
	out, err = migrate("apply", "identity")
	require.NoError(t, err)
	require.Contains(t, out, "finished\n")
	out, err = migrate("apply", "identity", "--json")
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		require.NoError(t, protojson.Unmarshal([]byte(line), &migrationsv1.ApplyDatabaseResponse{}), line)
	}
	_, err = migrate("apply", "identity", "--plan", "another")
	require.Equal(t, "PLAN_STALE", fault.ReasonOf(err), "%v", err)

	out, err = migrate("gates")
	require.NoError(t, err)
	require.Equal(t, "no contract file waits\n", out)
	_, err = migrate("override", "identity", "0001_init.sql", "gate", "--reason", "it is only a test")
	require.Equal(t, "FILE_NOT_WAITING", fault.ReasonOf(err), "%v", err)
	_, err = migrate("override", "identity", "0001_init.sql", "gate")
	require.ErrorContains(t, err, "--reason is needed")
	_, err = migrate("baseline", "identity", "1")
	require.Equal(t, "HISTORY_EXISTS", fault.ReasonOf(err), "%v", err)
	_, err = migrate("baseline", "identity", "first")
	require.ErrorContains(t, err, "is not a number")

	out, err = migrate("backfill", "list")
	require.NoError(t, err)
	require.Equal(t, "no file declares a backfill\n", out)
	for _, verb := range []string{"watch", "pause", "resume", "cancel"} {
		_, err = migrate("backfill", verb, "identity", "0001_none")
		require.ErrorIs(t, err, fault.NotFound, verb)
	}

	out, err = migrate("drift", "identity")
	require.NoError(t, err)
	require.Equal(t, "identity is what its files make\n", out)
	conn, err := pgx.Connect(t.Context(), strings.Replace(postgresURL, "/postgres?", "/"+prefix+"identity?", 1))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE by_hand (a integer)")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	out, err = migrate("drift")
	require.ErrorIs(t, err, errDrift)
	require.Contains(t, out, "by_hand")
	require.Contains(t, out, "packages is what its files make")
	_, err = migrate("drift", "packages", "--json")
	require.NoError(t, err)
}

func TestMigrateNewBeginsTheNextFile(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"identity/migrations", "events/migrations/postgres", "events/migrations/clickhouse", "empty/migrations"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, "services", folder), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "services/identity/migrations/0009_init.sql"), []byte("SELECT 1;\n"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "docs/deep"), 0o755))
	t.Chdir(filepath.Join(root, "docs/deep"))
	for _, c := range []struct {
		args       []string
		path, text string
	}{
		{[]string{"identity", "add_nickname"}, "identity/migrations/0010_add_nickname.sql", "-- Add nickname.\n"},
		{
			[]string{"identity", "drop_nickname", "--contract", "developers.nickname", "--contract", "nicknames.*", "--soak", "48h"},
			"identity/migrations/0011_drop_nickname.sql",
			"-- Drop nickname.\n-- devtrail: contract\n-- devtrail: no-reader developers.nickname\n-- devtrail: no-reader nicknames.*\n-- devtrail: soak 48h0m0s\n",
		},
		{
			[]string{"identity", "fill", "--backfill", "developers"},
			"identity/migrations/backfills/0011_fill.sql",
			"-- Fill.\n-- devtrail: backfill developers\n-- devtrail: batch 1000\n-- devtrail: latency 100ms\n",
		},
		{[]string{"events", "a", "--engine", "clickhouse"}, "events/migrations/clickhouse/0001_a.sql", "-- A.\n"},
	} {
		out, err := devtrail(t, append([]string{"migrate", "new"}, c.args...)...)
		require.NoError(t, err, c.args)
		require.True(t, strings.HasSuffix(strings.TrimSpace(out), filepath.Join("services", c.path)), out)
		text, err := os.ReadFile(filepath.Join(root, "services", c.path))
		require.NoError(t, err)
		require.Equal(t, c.text, string(text))
	}
	for want, args := range map[string][]string{
		"is not lower_snake_case":        {"identity", "Add-Nick"},
		"no folder services/none":        {"none", "a"},
		"is not the name of a service":   {"../identity", "a"},
		"is neither postgres nor":        {"events", "a"},
		"has the files of one engine":    {"identity", "a", "--engine", "postgres"},
		"belongs to --contract":          {"identity", "a", "--soak", "1h"},
		"wants table.column":             {"identity", "a", "--contract", "developers"},
		"backfill wants the name":        {"identity", "a", "--backfill", "Developers;"},
		"no migration that the backfill": {"empty", "a", "--backfill", "t"},
		"none of the others can be":      {"identity", "a", "--backfill", "t", "--contract", "a.b"},
		"accepts 2 arg(s), received 1":   {"identity"},
		"0011_fill.sql: file exists":     {"identity", "fill", "--backfill", "developers"},
		"soak is below zero":             {"identity", "a", "--contract", "a.b", "--soak", "-1h"},
	} {
		_, err := devtrail(t, append([]string{"migrate", "new"}, args...)...)
		require.ErrorContains(t, err, want, "%v", args)
	}
	files, err := filepath.Glob(filepath.Join(root, "services/identity/migrations/*.sql"))
	require.NoError(t, err)
	require.Len(t, files, 3, "what was refused is not left behind")
}
