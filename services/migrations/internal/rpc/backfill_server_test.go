package rpc_test

import (
	"context"
	"errors"
	"io"
	"iter"
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
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/rpc"
)

// backfills is a Backfills of one backfill, which goes through the states that it is given.
type backfills struct {
	one    migrations.Backfill
	states []migrations.BackfillState
}

func (b *backfills) List(_ context.Context, database string) ([]migrations.Backfill, error) {
	if database != "" && database != b.one.Database {
		return nil, nil
	}
	return []migrations.Backfill{b.one}, nil
}

func (b *backfills) move(database, name string, to migrations.BackfillState) (migrations.Backfill, error) {
	switch {
	case database != b.one.Database || name != b.one.Name:
		return migrations.Backfill{}, migrations.ErrBackfillNotFound
	case b.one.State == to:
		return migrations.Backfill{}, migrations.ErrBackfillState
	}
	b.one.State = to
	return b.one, nil
}

func (b *backfills) Pause(_ context.Context, database, name string) (migrations.Backfill, error) {
	return b.move(database, name, migrations.BackfillPaused)
}

func (b *backfills) Resume(_ context.Context, database, name string) (migrations.Backfill, error) {
	return b.move(database, name, migrations.BackfillRunning)
}

func (b *backfills) Cancel(_ context.Context, database, name string) (migrations.Backfill, error) {
	return b.move(database, name, migrations.BackfillCancelled)
}

func (b *backfills) Watch(_ context.Context, database, name string) iter.Seq2[migrations.Backfill, error] {
	return func(yield func(migrations.Backfill, error) bool) {
		if database != b.one.Database || name != b.one.Name {
			yield(migrations.Backfill{}, migrations.ErrBackfillNotFound)
			return
		}
		for _, state := range b.states {
			b.one.State = state
			if !yield(b.one, nil) {
				return
			}
		}
		yield(migrations.Backfill{}, migrations.ErrStopping)
	}
}

func backfillClient(t *testing.T, b *backfills) (migrationsv1.BackfillServiceClient, func(token string) context.Context) {
	t.Helper()
	conn := servetest.Start(t, "migrations", serve.Deps{Verifier: servetest.Verifier{
		"admin":    auth.Caller{Role: accessv1.Role_ROLE_ADMIN, OrganizationID: "x"},
		"operator": auth.Caller{Role: accessv1.Role_ROLE_OPERATOR},
	}}, func(s grpc.ServiceRegistrar) { migrationsv1.RegisterBackfillServiceServer(s, rpc.NewBackfillServer(b)) })
	return migrationsv1.NewBackfillServiceClient(conn), func(token string) context.Context { return servetest.As(t.Context(), token) }
}

var colored = migrations.Backfill{
	Database: "identity", Name: "0007_color", Table: "things", State: migrations.BackfillRunning, RowsDone: 10, RowsTotal: 100, BatchSize: 5,
	BatchLatency: 90 * time.Millisecond, Checkpoint: "10, a", Message: "waits", StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

func TestBackfillsAreConverted(t *testing.T) {
	t.Parallel()
	client, as := backfillClient(t, &backfills{one: colored})
	want := &migrationsv1.Backfill{
		Database: "identity", Name: "0007_color", Table: "things", State: migrationsv1.BackfillState_BACKFILL_STATE_RUNNING, RowsDone: 10, RowsTotal: 100, BatchSize: 5,
		BatchLatency: durationpb.New(90 * time.Millisecond), Checkpoint: "10, a", Message: "waits", StartedAt: timestamppb.New(colored.StartedAt),
	}
	list, err := client.ListBackfills(as("operator"), &migrationsv1.ListBackfillsRequest{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]*migrationsv1.Backfill{want}, list.GetBackfills(), protocmp.Transform()))
	list, err = client.ListBackfills(as("operator"), &migrationsv1.ListBackfillsRequest{Database: "packages"})
	require.NoError(t, err)
	require.Empty(t, list.GetBackfills())
}

func TestBackfillsAreMoved(t *testing.T) {
	t.Parallel()
	client, as := backfillClient(t, &backfills{one: colored})
	paused, err := client.PauseBackfill(as("operator"), &migrationsv1.PauseBackfillRequest{Database: "identity", Name: "0007_color"})
	require.NoError(t, err)
	require.Equal(t, migrationsv1.BackfillState_BACKFILL_STATE_PAUSED, paused.GetBackfill().GetState())
	_, err = client.PauseBackfill(as("operator"), &migrationsv1.PauseBackfillRequest{Database: "identity", Name: "0007_color"})
	require.ErrorIs(t, err, fault.State)
	resumed, err := client.ResumeBackfill(as("operator"), &migrationsv1.ResumeBackfillRequest{Database: "identity", Name: "0007_color"})
	require.NoError(t, err)
	require.Equal(t, migrationsv1.BackfillState_BACKFILL_STATE_RUNNING, resumed.GetBackfill().GetState())
	cancelled, err := client.CancelBackfill(as("operator"), &migrationsv1.CancelBackfillRequest{Database: "identity", Name: "0007_color"})
	require.NoError(t, err)
	require.Equal(t, migrationsv1.BackfillState_BACKFILL_STATE_CANCELLED, cancelled.GetBackfill().GetState())
	_, err = client.CancelBackfill(as("operator"), &migrationsv1.CancelBackfillRequest{Database: "identity", Name: "0008_none"})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = client.ResumeBackfill(as("operator"), &migrationsv1.ResumeBackfillRequest{Database: "identity"})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = client.PauseBackfill(as("admin"), &migrationsv1.PauseBackfillRequest{Database: "identity", Name: "0007_color"})
	require.ErrorIs(t, err, fault.Denied)
}

func TestAWatchEndsWhenTheBackfillIsDone(t *testing.T) {
	t.Parallel()
	states := []migrations.BackfillState{
		migrations.BackfillWaiting, migrations.BackfillRunning, migrations.BackfillPaused, migrations.BackfillFailed, migrations.BackfillCancelled, migrations.BackfillDone,
	}
	client, as := backfillClient(t, &backfills{one: colored, states: states})
	stream, err := client.WatchBackfill(as("operator"), &migrationsv1.WatchBackfillRequest{Database: "identity", Name: "0007_color"})
	require.NoError(t, err)
	var seen []migrationsv1.BackfillState
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		seen = append(seen, res.GetBackfill().GetState())
	}
	require.Equal(t, []migrationsv1.BackfillState{
		migrationsv1.BackfillState_BACKFILL_STATE_WAITING, migrationsv1.BackfillState_BACKFILL_STATE_RUNNING, migrationsv1.BackfillState_BACKFILL_STATE_PAUSED,
		migrationsv1.BackfillState_BACKFILL_STATE_FAILED, migrationsv1.BackfillState_BACKFILL_STATE_CANCELLED, migrationsv1.BackfillState_BACKFILL_STATE_DONE,
	}, seen)
	stream, err = client.WatchBackfill(as("operator"), &migrationsv1.WatchBackfillRequest{Database: "identity", Name: "0008_none"})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorIs(t, err, fault.NotFound)
}
