package main

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// backfills answers for a backfill, which the files of the suite may have none of.
type backfills struct {
	migrationsv1.UnimplementedBackfillServiceServer
	states []migrationsv1.BackfillState
}

func (b *backfills) ListBackfills(context.Context, *migrationsv1.ListBackfillsRequest) (*migrationsv1.ListBackfillsResponse, error) {
	return &migrationsv1.ListBackfillsResponse{Backfills: []*migrationsv1.Backfill{{Database: "identity", Name: "0002_fill", Table: "developers"}}}, nil
}

func (b *backfills) PauseBackfill(_ context.Context, r *migrationsv1.PauseBackfillRequest) (*migrationsv1.PauseBackfillResponse, error) {
	return &migrationsv1.PauseBackfillResponse{Backfill: &migrationsv1.Backfill{Name: r.GetName(), State: migrationsv1.BackfillState_BACKFILL_STATE_PAUSED}}, nil
}

func (b *backfills) ResumeBackfill(_ context.Context, r *migrationsv1.ResumeBackfillRequest) (*migrationsv1.ResumeBackfillResponse, error) {
	return &migrationsv1.ResumeBackfillResponse{Backfill: &migrationsv1.Backfill{Name: r.GetName(), State: migrationsv1.BackfillState_BACKFILL_STATE_RUNNING}}, nil
}

func (b *backfills) CancelBackfill(_ context.Context, r *migrationsv1.CancelBackfillRequest) (*migrationsv1.CancelBackfillResponse, error) {
	return &migrationsv1.CancelBackfillResponse{Backfill: &migrationsv1.Backfill{Name: r.GetName(), State: migrationsv1.BackfillState_BACKFILL_STATE_CANCELLED}}, nil
}

func (b *backfills) WatchBackfill(r *migrationsv1.WatchBackfillRequest, stream grpc.ServerStreamingServer[migrationsv1.WatchBackfillResponse]) error {
	for i, state := range b.states {
		one := &migrationsv1.Backfill{Database: r.GetDatabase(), Name: r.GetName(), State: state, RowsDone: int64(i), RowsTotal: 9}
		if err := stream.Send(&migrationsv1.WatchBackfillResponse{Backfill: one}); err != nil {
			return err
		}
	}
	return nil
}

func TestBackfillCommands(t *testing.T) {
	home(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &backfills{}
	server := grpc.NewServer()
	migrationsv1.RegisterBackfillServiceServer(server, b)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	backfill := func(args ...string) (string, error) {
		return devtrail(t, append(append([]string{"migrate", "backfill"}, args...), "--key", testKey, "--address", listener.Addr().String())...)
	}
	out, err := backfill("list")
	require.NoError(t, err)
	require.Contains(t, out, "identity  0002_fill  developers")
	for verb, want := range map[string]string{"pause": "paused", "resume": "running", "cancel": "cancelled"} {
		out, err := backfill(verb, "identity", "0002_fill")
		require.NoError(t, err)
		require.Equal(t, "0002_fill  "+want+"  0 of about 0 rows\n", out)
	}

	b.states = []migrationsv1.BackfillState{migrationsv1.BackfillState_BACKFILL_STATE_RUNNING, migrationsv1.BackfillState_BACKFILL_STATE_DONE}
	out, err = backfill("watch", "identity", "0002_fill")
	require.NoError(t, err)
	require.Equal(t, "0002_fill  running  0 of about 9 rows\n0002_fill  done  1 of about 9 rows\n", out)
	b.states[1] = migrationsv1.BackfillState_BACKFILL_STATE_FAILED
	out, err = backfill("watch", "identity", "0002_fill")
	require.ErrorContains(t, err, "will not go on before it is resumed")
	require.Contains(t, out, "failed")
}
