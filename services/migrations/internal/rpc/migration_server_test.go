package rpc_test

import (
	"context"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/rpc"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// databases is a Databases whose statuses and history are given.
type databases struct {
	answers
	entries []migrations.Entry
	changes chan migrations.Status
	status  []migrations.Status
}

func (d *databases) Status() []migrations.Status { return d.status }

func (d *databases) History(_ context.Context, database string, below int64, limit int) ([]migrations.Entry, error) {
	if database != "identity" {
		return nil, migrations.ErrDatabaseNotFound
	}
	var page []migrations.Entry
	for _, e := range d.entries {
		if e.Version < below && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

func (d *databases) Watch(ctx context.Context, database string) iter.Seq2[migrations.Status, error] {
	return func(yield func(migrations.Status, error) bool) {
		if database != "identity" {
			yield(migrations.Status{}, migrations.ErrDatabaseNotFound)
			return
		}
		for {
			select {
			case s, ok := <-d.changes:
				if !ok {
					yield(migrations.Status{}, migrations.ErrStopping)
					return
				}
				if !yield(s, nil) {
					return
				}
			case <-ctx.Done():
				yield(migrations.Status{}, ctx.Err())
				return
			}
		}
	}
}

func client(t *testing.T, d *databases) (migrationsv1.MigrationServiceClient, func(token string) context.Context) {
	conn := servetest.Start(t, "migrations", serve.Deps{Verifier: servetest.Verifier{
		"operator": auth.Caller{Role: accessv1.Role_ROLE_OPERATOR, CredentialID: "5f2a"},
		"service":  auth.Caller{Role: accessv1.Role_ROLE_SERVICE},
		"ingest":   auth.Caller{OrganizationID: "0190f1a2-0000-7000-8000-000000000001", Role: accessv1.Role_ROLE_INGEST},
	}}, func(r grpc.ServiceRegistrar) {
		migrationsv1.RegisterMigrationServiceServer(r, rpc.NewMigrationServer(d))
	})
	return migrationsv1.NewMigrationServiceClient(conn), func(token string) context.Context {
		ctx, cancel := context.WithTimeout(servetest.As(t.Context(), token), 20*time.Second)
		t.Cleanup(cancel)
		return ctx
	}
}

func TestGetStatusConvertsEveryFieldAndState(t *testing.T) {
	d := &databases{status: []migrations.Status{
		{Database: "analytics", Engine: migrations.ClickHouse, State: migrations.Failed, Version: 1, TargetVersion: 3, Pending: []string{"0002_a.sql", "0003_b.sql"}, Message: "why"},
		{Database: "identity", Engine: migrations.Postgres, State: migrations.Ready, Version: 2, TargetVersion: 2},
		{Database: "migrations", Engine: migrations.Postgres, State: migrations.Applying},
		{Database: "other", Engine: migrations.Postgres, State: migrations.Pending},
		{Database: "packages", Engine: migrations.Postgres, State: migrations.Refused},
	}}
	c, as := client(t, d)
	res, err := c.GetStatus(as("service"), &migrationsv1.GetStatusRequest{})
	require.NoError(t, err)
	pg := migrationsv1.Engine_ENGINE_POSTGRES
	want := &migrationsv1.GetStatusResponse{Databases: []*migrationsv1.DatabaseStatus{
		{Database: "analytics", Engine: migrationsv1.Engine_ENGINE_CLICKHOUSE, State: migrationsv1.DatabaseState_DATABASE_STATE_FAILED, Version: 1, TargetVersion: 3, Pending: []string{"0002_a.sql", "0003_b.sql"}, Message: "why"},
		{Database: "identity", Engine: pg, State: migrationsv1.DatabaseState_DATABASE_STATE_READY, Version: 2, TargetVersion: 2},
		{Database: "migrations", Engine: pg, State: migrationsv1.DatabaseState_DATABASE_STATE_APPLYING},
		{Database: "other", Engine: pg, State: migrationsv1.DatabaseState_DATABASE_STATE_PENDING},
		{Database: "packages", Engine: pg, State: migrationsv1.DatabaseState_DATABASE_STATE_REFUSED},
	}}
	require.Empty(t, cmp.Diff(want, res, protocmp.Transform()))
}

func TestListHistoryPagesWithoutGapsAtEverySize(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 3, 4, 5000, time.UTC)
	d := &databases{}
	for v := int64(5); v > 0; v-- {
		d.entries = append(d.entries, migrations.Entry{Version: v, Name: "n.sql", Checksum: "c", AppliedAt: at, Duration: 7 * time.Millisecond, AppliedBy: "b", LockWait: time.Second, Actor: "a", Baseline: true, Overrides: []migrations.Override{{File: "f", Rule: "r", Reason: "why", Actor: "o"}}})
	}
	c, as := client(t, d)
	for size := int32(1); size <= 6; size++ {
		var got []int64
		token := ""
		for {
			res, err := c.ListHistory(as("operator"), &migrationsv1.ListHistoryRequest{Database: "identity", PageSize: size, PageToken: token})
			require.NoError(t, err)
			require.LessOrEqual(t, len(res.GetEntries()), int(size))
			for _, e := range res.GetEntries() {
				got = append(got, e.GetVersion())
			}
			if token = res.GetNextPageToken(); token == "" {
				break
			}
		}
		require.Equal(t, []int64{5, 4, 3, 2, 1}, got)
	}
	res, err := c.ListHistory(as("operator"), &migrationsv1.ListHistoryRequest{Database: "identity", PageSize: 1})
	require.NoError(t, err)
	want := &migrationsv1.HistoryEntry{
		Version: 5, Name: "n.sql", Checksum: "c", AppliedAt: timestamppb.New(at), Duration: durationpb.New(7 * time.Millisecond), AppliedBy: "b",
		LockWait: durationpb.New(time.Second), Actor: "a", Baseline: true, Overrides: []*migrationsv1.Override{{File: "f", Rule: "r", Reason: "why", Actor: "o"}},
	}
	require.Empty(t, cmp.Diff(want, res.GetEntries()[0], protocmp.Transform()))

	_, err = c.ListHistory(as("operator"), &migrationsv1.ListHistoryRequest{Database: "packages", PageToken: res.GetNextPageToken()})
	require.Equal(t, "PAGE_TOKEN_INVALID", fault.ReasonOf(err))
	_, err = c.ListHistory(as("operator"), &migrationsv1.ListHistoryRequest{Database: "packages"})
	require.Equal(t, "DATABASE_NOT_FOUND", fault.ReasonOf(err))
}

func TestTheContractIsKeptAtTheDoor(t *testing.T) {
	c, as := client(t, &databases{})
	_, err := c.GetStatus(t.Context(), &migrationsv1.GetStatusRequest{})
	require.ErrorIs(t, err, fault.Unauthenticated)
	_, err = c.GetStatus(as("ingest"), &migrationsv1.GetStatusRequest{})
	require.ErrorIs(t, err, fault.Denied)
	_, err = c.ListHistory(as("service"), &migrationsv1.ListHistoryRequest{Database: "identity"})
	require.ErrorIs(t, err, fault.Denied)
	for name, req := range map[string]*migrationsv1.ListHistoryRequest{
		"database":  {Database: strings.Repeat("x", 64)},
		"page_size": {Database: "identity", PageSize: -1},
	} {
		_, err = c.ListHistory(as("operator"), req)
		require.ErrorIs(t, err, fault.Invalid, name)
		require.ErrorContains(t, err, name)
	}
}

func TestWaitReadySendsEachStatusAndEndsWhenReached(t *testing.T) {
	cases := []struct {
		name    string
		version int64
		changes []migrations.Status
		want    int
	}{
		{"the newest of the build", 0, []migrations.Status{{State: migrations.Pending, Version: 9}, {State: migrations.Applying}, {State: migrations.Ready}, {State: migrations.Ready}}, 3},
		{"a version on the way", 2, []migrations.Status{{Version: 1, State: migrations.Applying}, {Version: 2, State: migrations.Applying}, {State: migrations.Ready}}, 2},
		{"a refused database reaches nothing", 1, []migrations.Status{{Version: 2, State: migrations.Refused}, {Version: 2, State: migrations.Ready}}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := &databases{changes: make(chan migrations.Status, 10)}
			for _, s := range c.changes {
				d.changes <- s
			}
			mc, as := client(t, d)
			stream, err := mc.WaitReady(as("service"), &migrationsv1.WaitReadyRequest{Database: "identity", Version: c.version})
			require.NoError(t, err)
			got := 0
			for {
				if _, err = stream.Recv(); err != nil {
					break
				}
				got++
			}
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, c.want, got)
		})
	}
}

func TestWaitReadyEndsWithTheClientTheServiceOrAnUnknownName(t *testing.T) {
	d := &databases{changes: make(chan migrations.Status, 1)}
	c, as := client(t, d)
	d.changes <- migrations.Status{Database: "identity"}
	ctx, cancel := context.WithCancel(as("service"))
	stream, err := c.WaitReady(ctx, &migrationsv1.WaitReadyRequest{Database: "identity"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	cancel()
	_, err = stream.Recv()
	require.ErrorIs(t, err, fault.Canceled)

	close(d.changes)
	stream, err = c.WaitReady(as("service"), &migrationsv1.WaitReadyRequest{Database: "identity"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, "MIGRATIONS_STOPPING", fault.ReasonOf(err))

	stream, err = c.WaitReady(as("service"), &migrationsv1.WaitReadyRequest{Database: "nobody"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, "DATABASE_NOT_FOUND", fault.ReasonOf(err))
}
