package rpc

import (
	"context"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
)

// Backfills is what the desk asks about backfills: their keeper.
type Backfills interface {
	// Cancel ends the step in hand and the work.
	Cancel(ctx context.Context, database, name string) (migrations.Backfill, error)
	// List returns those of a database, or all when it is empty, by database and name.
	List(ctx context.Context, database string) ([]migrations.Backfill, error)
	// Pause ends the work after the step in hand.
	Pause(ctx context.Context, database, name string) (migrations.Backfill, error)
	// Resume goes on at the checkpoint.
	Resume(ctx context.Context, database, name string) (migrations.Backfill, error)
	// Watch gives how one stands now and whenever it changed, and ends with an error.
	Watch(ctx context.Context, database, name string) iter.Seq2[migrations.Backfill, error]
}

// BackfillServer serves devtrail.migrations.v1.BackfillService.
type BackfillServer struct {
	migrationsv1.UnimplementedBackfillServiceServer
	backfills Backfills
}

// NewBackfillServer makes the server on the keeper of backfills.
func NewBackfillServer(backfills Backfills) *BackfillServer {
	return &BackfillServer{backfills: backfills}
}

// ListBackfills returns what the files declare.
func (s *BackfillServer) ListBackfills(ctx context.Context, req *migrationsv1.ListBackfillsRequest) (*migrationsv1.ListBackfillsResponse, error) {
	list, err := s.backfills.List(ctx, req.GetDatabase())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.ListBackfillsResponse{Backfills: each(list, backfillToProto)}, nil
}

// PauseBackfill ends the work after the batch in hand.
func (s *BackfillServer) PauseBackfill(ctx context.Context, req *migrationsv1.PauseBackfillRequest) (*migrationsv1.PauseBackfillResponse, error) {
	b, err := s.backfills.Pause(ctx, req.GetDatabase(), req.GetName())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.PauseBackfillResponse{Backfill: backfillToProto(b)}, nil
}

// ResumeBackfill goes on at the checkpoint.
func (s *BackfillServer) ResumeBackfill(ctx context.Context, req *migrationsv1.ResumeBackfillRequest) (*migrationsv1.ResumeBackfillResponse, error) {
	b, err := s.backfills.Resume(ctx, req.GetDatabase(), req.GetName())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.ResumeBackfillResponse{Backfill: backfillToProto(b)}, nil
}

// CancelBackfill ends the batch in hand and the work.
func (s *BackfillServer) CancelBackfill(ctx context.Context, req *migrationsv1.CancelBackfillRequest) (*migrationsv1.CancelBackfillResponse, error) {
	b, err := s.backfills.Cancel(ctx, req.GetDatabase(), req.GetName())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.CancelBackfillResponse{Backfill: backfillToProto(b)}, nil
}

// WatchBackfill sends how a backfill stands now and after every change, until it is done.
func (s *BackfillServer) WatchBackfill(req *migrationsv1.WatchBackfillRequest, stream grpc.ServerStreamingServer[migrationsv1.WatchBackfillResponse]) error {
	for b, err := range s.backfills.Watch(stream.Context(), req.GetDatabase(), req.GetName()) {
		if err != nil {
			return err
		}
		if err := stream.Send(&migrationsv1.WatchBackfillResponse{Backfill: backfillToProto(b)}); err != nil {
			return err
		}
		if b.State == migrations.BackfillDone {
			return nil
		}
	}
	return nil
}

var backfillStates = map[migrations.BackfillState]migrationsv1.BackfillState{
	migrations.BackfillWaiting:   migrationsv1.BackfillState_BACKFILL_STATE_WAITING,
	migrations.BackfillRunning:   migrationsv1.BackfillState_BACKFILL_STATE_RUNNING,
	migrations.BackfillPaused:    migrationsv1.BackfillState_BACKFILL_STATE_PAUSED,
	migrations.BackfillDone:      migrationsv1.BackfillState_BACKFILL_STATE_DONE,
	migrations.BackfillFailed:    migrationsv1.BackfillState_BACKFILL_STATE_FAILED,
	migrations.BackfillCancelled: migrationsv1.BackfillState_BACKFILL_STATE_CANCELLED,
}

func backfillToProto(b migrations.Backfill) *migrationsv1.Backfill {
	return &migrationsv1.Backfill{
		Database:     b.Database,
		Name:         b.Name,
		Table:        b.Table,
		State:        backfillStates[b.State],
		RowsDone:     b.RowsDone,
		RowsTotal:    b.RowsTotal,
		BatchSize:    int32(min(b.BatchSize, 1<<30)),
		BatchLatency: durationpb.New(b.BatchLatency),
		Checkpoint:   b.Checkpoint,
		Message:      b.Message,
		StartedAt:    momentToProto(b.StartedAt),
		FinishedAt:   momentToProto(b.FinishedAt),
	}
}

// momentToProto leaves out a time that is not set.
func momentToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
