package rpc_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/schema"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// answers is what a databases answers to those who change things.
type answers struct {
	plan     migrations.Plan
	progress []migrations.Progress
	failed   error
	drift    migrations.Drift
	gates    []migrations.Gate
	files    []schema.File

	// asked is what it was told last.
	asked string
}

var at = time.Date(2026, 3, 1, 2, 3, 4, 5000, time.UTC)

func (c *answers) Apply(_ context.Context, database, fingerprint, actor string) iter.Seq2[migrations.Progress, error] {
	c.asked = strings.Join([]string{database, fingerprint, actor}, "|")
	return func(yield func(migrations.Progress, error) bool) {
		for _, p := range c.progress {
			if !yield(p, nil) {
				return
			}
		}
		if c.failed != nil {
			yield(migrations.Progress{}, c.failed)
		}
	}
}

func (c *answers) Baseline(_ context.Context, database string, version int64, actor string) (migrations.Status, error) {
	c.asked = actor
	return migrations.Status{Database: database, Engine: migrations.Postgres, Version: version, State: migrations.Ready, Waiting: []string{"0009_x.sql"}, Note: "why"}, nil
}

func (c *answers) Drift(context.Context, string) (migrations.Drift, error) { return c.drift, nil }

func (c *answers) Files(context.Context, string) (migrations.Engine, []schema.File, lint.Options, error) {
	return migrations.Postgres, c.files, lint.Options{InTransaction: true, ServerVersion: "18", TimeoutsSet: true}, nil
}

func (c *answers) Gates(context.Context, string) ([]migrations.Gate, error) { return c.gates, nil }

func (c *answers) Override(_ context.Context, o migrations.Override) (migrations.Override, error) {
	if o.File == "0001_gone.sql" {
		return o, migrations.ErrFileNotWaiting
	}
	o.At = at
	return o, nil
}

func (c *answers) Plan(context.Context, string) (migrations.Plan, error) { return c.plan, nil }

func same(t *testing.T, want, got proto.Message) {
	t.Helper()
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
}

func TestPlanDatabaseConvertsEveryField(t *testing.T) {
	d := &databases{}
	d.plan = migrations.Plan{
		Database: "identity", Fingerprint: "f",
		Segments: []migrations.Segment{{Transaction: true, Background: true, Files: []string{"0002_a.sql"}, Statements: []migrations.PlannedStatement{{
			File: "0002_a.sql", Number: 1, Line: 2, SQL: "SELECT 1", Estimate: time.Second, Unmeasured: "why",
			Effects: []migrations.Effect{{Relation: "public.t", Lock: "SHARE", Rewrite: true, Scan: true, LiveRows: 3, LiveBytes: 4}},
		}}}},
		Findings: []lint.Finding{{
			File: "0002_a.sql", Rule: "r", Severity: lint.Gate, Line: 5, Column: 6, Message: "m", Alternative: "a", Lock: "SHARE", Suppressed: true, Justification: "j",
		}},
		Gates: []migrations.Gate{{
			Database: "identity", File: "0003_b.sql", State: migrations.GateOverridden, Objects: []string{"t.a"}, Soak: time.Hour, Earliest: at,
			Offenders: []migrations.Offender{{Kind: migrations.ByLease, Message: "who"}},
		}},
	}
	c, as := client(t, d)
	res, err := c.PlanDatabase(as("operator"), &migrationsv1.PlanDatabaseRequest{Database: "identity"})
	require.NoError(t, err)
	same(t, &migrationsv1.PlanDatabaseResponse{
		Database: "identity", Fingerprint: "f",
		Segments: []*migrationsv1.PlanSegment{{Transaction: true, Background: true, Files: []string{"0002_a.sql"}, Statements: []*migrationsv1.PlanStatement{{
			File: "0002_a.sql", Number: 1, Line: 2, Sql: "SELECT 1", Estimate: durationpb.New(time.Second), Unmeasured: "why",
			Effects: []*migrationsv1.RelationEffect{{Relation: "public.t", Lock: "SHARE", Rewrite: true, Scan: true, LiveRows: 3, LiveBytes: 4}},
		}}}},
		Findings: []*migrationsv1.Finding{{
			File: "0002_a.sql", Rule: "r", Severity: migrationsv1.Severity_SEVERITY_GATE, Line: 5, Column: 6, Message: "m", Advice: "a", Lock: "SHARE", Suppressed: true, SuppressedReason: "j",
		}},
		Gates: []*migrationsv1.Gate{{
			Database: "identity", File: "0003_b.sql", State: migrationsv1.GateState_GATE_STATE_OVERRIDDEN, Objects: []string{"t.a"}, Soak: durationpb.New(time.Hour),
			Earliest: timestamppb.New(at), Offenders: []*migrationsv1.Offender{{Kind: "lease", Message: "who"}},
		}},
	}, res)
	_, err = c.PlanDatabase(as("service"), &migrationsv1.PlanDatabaseRequest{Database: "identity"})
	require.ErrorIs(t, err, fault.Denied)
}

func TestApplyDatabaseStreamsEveryStepAndEndsWithTheAttempt(t *testing.T) {
	for _, failed := range []error{nil, migrations.ErrPlanStale} {
		d := &databases{}
		d.failed = failed
		for p := migrations.WaitingForLock; p <= migrations.Finished; p++ {
			d.progress = append(d.progress, migrations.Progress{
				Database: "identity", File: "f", Statement: 1, Statements: 2, Phase: p, Message: "m", Rows: 3, Percent: 4, LockWait: time.Second, Host: "h",
			})
		}
		c, as := client(t, d)
		stream, err := c.ApplyDatabase(as("operator"), &migrationsv1.ApplyDatabaseRequest{Database: "identity", PlanFingerprint: "f"})
		require.NoError(t, err)
		for n := int32(1); n <= int32(len(migrationsv1.Phase_name))-1; n++ {
			res, err := stream.Recv()
			require.NoError(t, err)
			same(t, &migrationsv1.ApplyDatabaseResponse{
				Database: "identity", File: "f", Statement: 1, Statements: 2, Phase: migrationsv1.Phase(n), Message: "m", Rows: 3, Percent: 4,
				LockWait: durationpb.New(time.Second), Host: "h",
			}, res)
		}
		_, err = stream.Recv()
		if failed == nil {
			failed = io.EOF
		}
		require.True(t, errors.Is(err, failed) || fault.ReasonOf(err) == fault.ReasonOf(failed), "%v", err)
		require.Equal(t, "identity|f|operator 5f2a", d.asked)
	}
}

func TestDriftGatesOverridesAndBaselines(t *testing.T) {
	d := &databases{}
	d.drift = migrations.Drift{Fingerprint: "f", CheckedAt: at, Differences: []migrations.Difference{{Kind: "table", Object: "t", Expected: "e", Actual: "a", Host: "h"}}}
	d.gates = []migrations.Gate{{File: "a"}, {File: "b", State: migrations.GateOpen}}
	c, as := client(t, d)
	drift, err := c.GetDrift(as("operator"), &migrationsv1.GetDriftRequest{Database: "identity"})
	require.NoError(t, err)
	same(t, &migrationsv1.GetDriftResponse{
		Fingerprint: "f", CheckedAt: timestamppb.New(at), Differences: []*migrationsv1.Difference{{Kind: "table", Object: "t", Expected: "e", Actual: "a", Host: "h"}},
	}, drift)

	gates, err := c.ListGates(as("operator"), &migrationsv1.ListGatesRequest{})
	require.NoError(t, err)
	same(t, &migrationsv1.ListGatesResponse{Gates: []*migrationsv1.Gate{
		{File: "a", State: migrationsv1.GateState_GATE_STATE_WAITING, Soak: durationpb.New(0)},
		{File: "b", State: migrationsv1.GateState_GATE_STATE_OPEN, Soak: durationpb.New(0)},
	}}, gates)

	override, err := c.OverrideStep(as("operator"), &migrationsv1.OverrideStepRequest{Database: "identity", File: "f", Rule: "gate", Reason: "the reason"})
	require.NoError(t, err)
	same(t, &migrationsv1.Override{File: "f", Rule: "gate", Reason: "the reason", Actor: "operator 5f2a", At: timestamppb.New(at)}, override.GetOverride())
	_, err = c.OverrideStep(as("operator"), &migrationsv1.OverrideStepRequest{Database: "identity", File: "0001_gone.sql", Rule: "gate", Reason: "the reason"})
	require.Equal(t, "FILE_NOT_WAITING", fault.ReasonOf(err))
	_, err = c.OverrideStep(as("operator"), &migrationsv1.OverrideStepRequest{Database: "identity", File: "f", Rule: "gate", Reason: "short"})
	require.ErrorIs(t, err, fault.Invalid)

	baseline, err := c.BaselineDatabase(as("operator"), &migrationsv1.BaselineDatabaseRequest{Database: "identity", Version: 3})
	require.NoError(t, err)
	same(t, &migrationsv1.DatabaseStatus{
		Database: "identity", Engine: migrationsv1.Engine_ENGINE_POSTGRES, State: migrationsv1.DatabaseState_DATABASE_STATE_READY, Version: 3,
		Waiting: []string{"0009_x.sql"}, Message: "why",
	}, baseline.GetDatabase())
	require.Equal(t, "operator 5f2a", d.asked)
}

func TestLintFilesJudgesUponTheFilesOfADatabase(t *testing.T) {
	d := &databases{}
	d.files = []schema.File{{Name: "0001_t.sql", SQL: "CREATE TABLE t (a bigint);"}}
	c, as := client(t, d)
	index := []*migrationsv1.SqlFile{{Name: "0002_i.sql", Sql: "CREATE INDEX i ON t (a);"}}
	rules := func(req *migrationsv1.LintFilesRequest) []string {
		res, err := c.LintFiles(as("operator"), req)
		require.NoError(t, err)
		var list []string
		for _, f := range res.GetFindings() {
			list = append(list, f.GetRule())
			require.NotEqual(t, migrationsv1.Severity_SEVERITY_UNSPECIFIED, f.GetSeverity())
		}
		return list
	}
	upon := rules(&migrationsv1.LintFilesRequest{Database: "identity", Files: index})
	require.Contains(t, upon, "require-concurrent-index-creation")
	require.Equal(t, upon, rules(&migrationsv1.LintFilesRequest{
		Engine: migrationsv1.Engine_ENGINE_POSTGRES, Setup: []*migrationsv1.SqlFile{{Name: "0001_t.sql", Sql: "CREATE TABLE t (a bigint);"}}, Files: index,
	}))
	// The file itself is judged, not read as its own setup.
	require.NotContains(t, rules(&migrationsv1.LintFilesRequest{Database: "identity", Files: []*migrationsv1.SqlFile{
		{Name: "0001_t.sql", Sql: "CREATE TABLE t (a bigint);\nCREATE INDEX i ON t (a);"},
	}}), "require-concurrent-index-creation")
	_, err := c.LintFiles(as("operator"), &migrationsv1.LintFilesRequest{Files: index})
	require.Equal(t, "ENGINE_MISSING", fault.ReasonOf(err))
	_, err = c.LintFiles(as("operator"), &migrationsv1.LintFilesRequest{Database: "identity", Engine: migrationsv1.Engine_ENGINE_CLICKHOUSE, Files: index})
	require.Equal(t, "ENGINE_CONTRADICTS", fault.ReasonOf(err))
}
