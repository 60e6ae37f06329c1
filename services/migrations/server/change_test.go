package server

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	"devtrail.dev/kit/telemetry"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
)

// site is an installation whose server is started again and again, each time as a build with other files.
type site struct {
	settings map[string]string
	// more has the files that a build has beside those of identity.
	more map[string]string
}

func newSite(t *testing.T) *site {
	s := &site{more: map[string]string{}, settings: map[string]string{
		"DEVTRAIL_OPERATOR_KEY":      auth.NewToken(auth.PrefixOperator),
		"MIGRATIONS_CLICKHOUSE_URL":  dbtest.ClickHouseServer(t),
		"MIGRATIONS_DATABASE_PREFIX": dbtest.Name(t) + "_",
		"MIGRATIONS_DDL_TIMEOUT":     "1m",
		"MIGRATIONS_DEBUG_ADDRESS":   "127.0.0.1:0",
		"MIGRATIONS_POSTGRES_URL":    dbtest.PostgresServer(t),
	}}
	dropDatabases(t, s.settings["MIGRATIONS_DATABASE_PREFIX"])
	return s
}

// files are those of identity and more.
func (s *site) files(t *testing.T, identity fs.FS) fstest.MapFS {
	all := fstest.MapFS{}
	names, err := fs.Glob(identity, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(identity, name)
		require.NoError(t, err)
		all[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range s.more {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// start runs the build until stop is called.
func (s *site) start(t *testing.T, settings map[string]string) (migrationsv1.MigrationServiceClient, func()) {
	t.Helper()
	all := maps.Clone(s.settings)
	all["MIGRATIONS_ADDRESS"] = servetest.FreeAddress(t)
	maps.Copy(all, settings)
	cfg, err := env.Load(func(name string) string { return all[name] }, defaults())
	require.NoError(t, err)
	targets := migrations.Targets(cfg.events(), cfg.DatabasePrefix)
	for i := range targets {
		if targets[i].Name == "identity" {
			targets[i].Files = s.files(t, targets[i].Files)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, &cfg, targets, telemetry.Logger(io.Discard, "error", "migrations")) }()
	conn, err := dial.New(all["MIGRATIONS_ADDRESS"], dial.Options{Token: all["DEVTRAIL_OPERATOR_KEY"], ServiceName: "test"})
	require.NoError(t, err)
	stop := sync.OnceFunc(func() {
		_ = conn.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return migrationsv1.NewMigrationServiceClient(conn), stop
}

// awaitStatus returns the first status of identity for which ok holds.
func awaitStatus(ctx context.Context, t *testing.T, c migrationsv1.MigrationServiceClient, ok func(*migrationsv1.DatabaseStatus) bool) *migrationsv1.DatabaseStatus {
	t.Helper()
	stream, err := c.WaitReady(ctx, &migrationsv1.WaitReadyRequest{Database: "identity", Version: 1 << 40}, grpc.WaitForReady(true))
	require.NoError(t, err)
	var last *migrationsv1.DatabaseStatus
	for {
		res, err := stream.Recv()
		require.NoError(t, err, "%v", last)
		if last = res.GetDatabase(); ok(last) {
			return last
		}
	}
}

// apply applies identity and returns the phases of each file, and the error.
func apply(ctx context.Context, t *testing.T, c migrationsv1.MigrationServiceClient, fingerprint string) (map[string][]migrationsv1.Phase, error) {
	t.Helper()
	stream, err := c.ApplyDatabase(ctx, &migrationsv1.ApplyDatabaseRequest{Database: "identity", PlanFingerprint: fingerprint}, grpc.WaitForReady(true))
	require.NoError(t, err)
	phases := map[string][]migrationsv1.Phase{}
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return phases, nil
		}
		if err != nil {
			return phases, err
		}
		phases[res.GetFile()] = append(phases[res.GetFile()], res.GetPhase())
	}
}

// TestALifeOfADatabase goes through what operators meet, with the whole service on the real engines.
func TestALifeOfADatabase(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	ready := func(st *migrationsv1.DatabaseStatus) bool {
		return st.GetState() == migrationsv1.DatabaseState_DATABASE_STATE_READY
	}
	plan := func(c migrationsv1.MigrationServiceClient) *migrationsv1.PlanDatabaseResponse {
		res, err := c.PlanDatabase(ctx, &migrationsv1.PlanDatabaseRequest{Database: "identity"})
		require.NoError(t, err)
		return res
	}

	// A fresh installation is applied by itself, and nothing is left to plan.
	s.more["0900_reviews.sql"] = "CREATE TABLE reviews (id uuid PRIMARY KEY, note text NOT NULL, mark bigint);"
	c, stop := s.start(t, nil)
	awaitStatus(ctx, t, c, ready)
	empty := plan(c)
	require.Empty(t, empty.GetSegments())
	require.Empty(t, empty.GetFindings())
	require.NotEmpty(t, empty.GetFingerprint())
	drift, err := c.GetDrift(ctx, &migrationsv1.GetDriftRequest{Database: "identity"})
	require.NoError(t, err)
	require.Empty(t, drift.GetDifferences())
	_, err = c.BaselineDatabase(ctx, &migrationsv1.BaselineDatabaseRequest{Database: "identity", Version: 900})
	require.Equal(t, "HISTORY_EXISTS", fault.ReasonOf(err))
	stop()

	// The next build brings a file that is not safe, and one that takes something away.
	s.more["0901_index.sql"] = "CREATE INDEX reviews_by_note ON reviews (note);"
	s.more["0902_drop.sql"] = "-- devtrail: contract\n-- devtrail: no-reader reviews.mark\nALTER TABLE reviews DROP COLUMN mark;"
	c, stop = s.start(t, nil)
	const rule = "require-concurrent-index-creation"
	refused := awaitStatus(ctx, t, c, func(st *migrationsv1.DatabaseStatus) bool {
		return st.GetState() == migrationsv1.DatabaseState_DATABASE_STATE_REFUSED
	})
	require.Contains(t, refused.GetMessage(), "0901_index.sql:1: "+rule)
	require.Equal(t, []string{"0901_index.sql"}, refused.GetPending())
	require.Equal(t, []string{"0902_drop.sql"}, refused.GetWaiting())
	planned := plan(c)
	require.True(t, slices.ContainsFunc(planned.GetFindings(), func(f *migrationsv1.Finding) bool {
		return f.GetFile() == "0901_index.sql" && f.GetRule() == rule && f.GetSeverity() == migrationsv1.Severity_SEVERITY_ERROR
	}))
	require.Equal(t, "0902_drop.sql", planned.GetGates()[0].GetFile())
	require.Equal(t, migrationsv1.GateState_GATE_STATE_WAITING, planned.GetGates()[0].GetState())
	require.NotEmpty(t, planned.GetGates()[0].GetOffenders())
	_, err = apply(ctx, t, c, "")
	require.Equal(t, "MIGRATION_REFUSED", fault.ReasonOf(err))
	require.ErrorContains(t, err, rule)

	given, err := c.OverrideStep(ctx, &migrationsv1.OverrideStepRequest{Database: "identity", File: "0901_index.sql", Rule: rule, Reason: "the table is empty"})
	require.NoError(t, err)
	require.Contains(t, given.GetOverride().GetActor(), "operator ")
	status := awaitStatus(ctx, t, c, ready)
	require.Equal(t, []string{"0902_drop.sql"}, status.GetWaiting())
	history, err := c.ListHistory(ctx, &migrationsv1.ListHistoryRequest{Database: "identity", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, "0901_index.sql", history.GetEntries()[0].GetName())
	require.Equal(t, "the table is empty", history.GetEntries()[0].GetOverrides()[0].GetReason())
	phases, err := apply(ctx, t, c, plan(c).GetFingerprint())
	require.NoError(t, err)
	require.Equal(t, []migrationsv1.Phase{migrationsv1.Phase_PHASE_PASSED_OVER}, phases["0902_drop.sql"])
	stop()

	// By hand: nothing goes without a call, and a plan that no longer fits is refused.
	s.more["0903_more.sql"] = "ALTER TABLE reviews ADD COLUMN more text;"
	c, stop = s.start(t, map[string]string{"MIGRATIONS_APPLY": "manual"})
	awaitStatus(ctx, t, c, func(st *migrationsv1.DatabaseStatus) bool {
		return st.GetState() == migrationsv1.DatabaseState_DATABASE_STATE_PENDING && st.GetMessage() != ""
	})
	_, err = apply(ctx, t, c, empty.GetFingerprint())
	require.Equal(t, "PLAN_STALE", fault.ReasonOf(err))
	planned = plan(c)
	require.Equal(t, []string{"0903_more.sql"}, planned.GetSegments()[0].GetFiles())
	require.Equal(t, "ACCESS EXCLUSIVE", planned.GetSegments()[0].GetStatements()[0].GetEffects()[0].GetLock())
	phases, err = apply(ctx, t, c, planned.GetFingerprint())
	require.NoError(t, err)
	require.Contains(t, phases["0903_more.sql"], migrationsv1.Phase_PHASE_APPLIED)
	require.Equal(t, []migrationsv1.Phase{migrationsv1.Phase_PHASE_PASSED_OVER}, phases["0902_drop.sql"])
	history, err = c.ListHistory(ctx, &migrationsv1.ListHistoryRequest{Database: "identity", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, given.GetOverride().GetActor(), history.GetEntries()[0].GetActor())
	drift, err = c.GetDrift(ctx, &migrationsv1.GetDriftRequest{Database: "identity"})
	require.NoError(t, err)
	require.Empty(t, drift.GetDifferences())
	stop()
}
