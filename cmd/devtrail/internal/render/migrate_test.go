package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

var noon = timestamppb.New(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))

func TestMigrationTables(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	gate := &migrationsv1.Gate{
		Database: "identity", File: "0003_drop.sql", State: migrationsv1.GateState_GATE_STATE_WAITING, Objects: []string{"developers.nickname"}, Soak: durationpb.New(24 * time.Hour),
		Offenders: []*migrationsv1.Offender{{Kind: "lease", Message: "identity 7f uses it"}, {Kind: "soak", Message: "used \x1b[31m an hour ago"}}, Earliest: noon,
	}
	require.NoError(t, render.MigrationGates(&out, &migrationsv1.ListGatesResponse{Gates: []*migrationsv1.Gate{gate}}))
	require.Equal(t, `DATABASE  FILE           GATE     TAKES AWAY           SOAK     EARLIEST          IN THE WAY
identity  0003_drop.sql  waiting  developers.nickname  24h0m0s  2026-11-26 12:00  lease: identity 7f uses it
                                                                                  soak: used ?[31m an hour ago
`, out.String())

	out.Reset()
	require.NoError(t, render.MigrationPlan(&out, &migrationsv1.PlanDatabaseResponse{
		Database: "identity", Fingerprint: "f00d", Gates: []*migrationsv1.Gate{gate},
		Segments: []*migrationsv1.PlanSegment{{Transaction: true, Statements: []*migrationsv1.PlanStatement{
			{File: "0002_a.sql", Line: 3, Sql: "ALTER TABLE a\n  ADD b text", Effects: []*migrationsv1.RelationEffect{
				{Relation: "public.a", Lock: "ACCESS EXCLUSIVE", Rewrite: true, Scan: true, LiveRows: 70},
			}, Estimate: durationpb.New(2 * time.Second)},
			{File: "0002_a.sql", Line: 5, Sql: "CALL x()", Unmeasured: "it is a procedure"},
		}}},
		Findings: []*migrationsv1.Finding{{Severity: migrationsv1.Severity_SEVERITY_WARNING, File: "0002_a.sql", Line: 3, Rule: "a-rule", Message: "It is slow."}},
	}))
	for _, want := range []string{
		"segment 1: one transaction\n",
		"  0002_a.sql:3  ALTER TABLE a ADD b text  public.a  ACCESS EXCLUSIVE  rewrites, scans                  70         2s\n",
		"not measured: it is a procedure",
		"warning  0002_a.sql:3  a-rule  It is slow.\n",
		"lease: identity 7f uses it",
		"\ndevtrail migrate apply identity --plan f00d\n",
	} {
		require.Contains(t, out.String(), want)
	}

	out.Reset()
	require.NoError(t, render.MigrationHistory(&out, &migrationsv1.ListHistoryResponse{Entries: []*migrationsv1.HistoryEntry{
		{Name: "0002_a.sql", AppliedAt: noon, Duration: durationpb.New(7 * time.Millisecond), AppliedBy: "abc", Actor: "operator 1", Overrides: []*migrationsv1.Override{{Rule: "gate", Actor: "operator 1", Reason: "known"}}},
		{Name: "0001_a.sql", AppliedAt: noon, Baseline: true},
	}}))
	require.Contains(t, out.String(), "gate overridden by operator 1: known")
	require.Contains(t, out.String(), "recorded, not run")

	out.Reset()
	require.NoError(t, render.MigrationDrift(&out, "identity", &migrationsv1.GetDriftResponse{Differences: []*migrationsv1.Difference{{Kind: "table", Object: "t", Actual: "t", Host: "h:1"}}}))
	require.Contains(t, out.String(), "identity  table  t on h:1  (absent)  t\n")

	out.Reset()
	require.NoError(t, render.MigrationStep(&out, &migrationsv1.ApplyDatabaseResponse{
		File: "0002_a.sql", Statement: 1, Statements: 2, Phase: migrationsv1.Phase_PHASE_WAITING_FOR_TABLE, Message: "pid 7", Rows: 3, Percent: 40, LockWait: durationpb.New(time.Second), Host: "h",
	}))
	require.Equal(t, "waiting for table  0002_a.sql  statement 1 of 2  on h  40%  3 rows  waited 1s for locks  pid 7\n", out.String())
}

func TestBackfillLines(t *testing.T) {
	t.Parallel()
	b := &migrationsv1.Backfill{
		Database: "identity", Name: "0002_a", Table: "t", State: migrationsv1.BackfillState_BACKFILL_STATE_RUNNING, RowsDone: 10, RowsTotal: 100, BatchSize: 5,
		BatchLatency: durationpb.New(90 * time.Millisecond), Message: "waits",
	}
	var out strings.Builder
	require.NoError(t, render.Backfill(&out, b))
	require.Equal(t, "0002_a  running  10 of about 100 rows  batches of 5 in 90ms  waits\n", out.String())
	out.Reset()
	require.NoError(t, render.Backfills(&out, &migrationsv1.ListBackfillsResponse{Backfills: []*migrationsv1.Backfill{b}}))
	require.Contains(t, out.String(), "identity  0002_a    t      running  10    100       5      90ms     -           waits\n")
	out.Reset()
	require.NoError(t, render.JSONLine(&out, b))
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
}
