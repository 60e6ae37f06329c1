// Package rpc is the desk of the migrations service: it turns messages into calls of the runner and its answers into messages.
package rpc

import (
	"context"
	"iter"
	"math"

	"google.golang.org/grpc"

	"devtrail.dev/kit/page"
	"devtrail.dev/kit/schema"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// Databases is what the desk asks: the runner, which knows how the databases stand.
type Databases interface {
	// Apply makes an attempt at what waits and gives its steps; it ends with an error when the attempt, or the reading, did not end well.
	Apply(ctx context.Context, database, fingerprint, actor string) iter.Seq2[migrations.Progress, error]
	// Baseline records files up to the version as applied without running them.
	Baseline(ctx context.Context, database string, version int64, actor string) (migrations.Status, error)
	// Drift compares the live schema with what the applied files make.
	Drift(ctx context.Context, database string) (migrations.Drift, error)
	// Files returns the engine of a database, the files that this build has for it and what lint should know of its server.
	Files(ctx context.Context, database string) (migrations.Engine, []schema.File, lint.Options, error)
	// Gates judges the contract files that wait; no name stands for all databases.
	Gates(ctx context.Context, database string) ([]migrations.Gate, error)
	// History returns at most limit entries of a database below the version, newest first.
	History(ctx context.Context, database string, below int64, limit int) ([]migrations.Entry, error)
	// Override lets a file pass a rule of lint, or its gate.
	Override(ctx context.Context, o migrations.Override) (migrations.Override, error)
	// Plan says what an attempt would do now.
	Plan(ctx context.Context, database string) (migrations.Plan, error)
	// Status returns all databases, ordered by name.
	Status() []migrations.Status
	// Watch gives the status of a database now and whenever it changed, and ends with an error.
	Watch(ctx context.Context, database string) iter.Seq2[migrations.Status, error]
}

// MigrationServer serves devtrail.migrations.v1.MigrationService.
type MigrationServer struct {
	migrationsv1.UnimplementedMigrationServiceServer
	databases Databases
}

// NewMigrationServer makes the server on what knows the databases.
func NewMigrationServer(databases Databases) *MigrationServer {
	return &MigrationServer{databases: databases}
}

// GetStatus returns all databases.
func (s *MigrationServer) GetStatus(context.Context, *migrationsv1.GetStatusRequest) (*migrationsv1.GetStatusResponse, error) {
	res := &migrationsv1.GetStatusResponse{}
	for _, status := range s.databases.Status() {
		res.Databases = append(res.Databases, statusToProto(status))
	}
	return res, nil
}

// ListHistory returns a page of what was applied to a database, newest first.
func (s *MigrationServer) ListHistory(ctx context.Context, req *migrationsv1.ListHistoryRequest) (*migrationsv1.ListHistoryResponse, error) {
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	below, ok, err := page.Decode[int64](req.GetPageToken(), req.GetDatabase())
	if err != nil {
		return nil, err
	}
	if !ok {
		below = math.MaxInt64
	}
	entries, err := s.databases.History(ctx, req.GetDatabase(), below, size+1)
	if err != nil {
		return nil, err
	}
	entries, more := page.Cut(entries, size)
	res := &migrationsv1.ListHistoryResponse{}
	for _, e := range entries {
		res.Entries = append(res.Entries, entryToProto(e))
	}
	if more {
		res.NextPageToken = page.Encode(entries[len(entries)-1].Version, req.GetDatabase())
	}
	return res, nil
}

// WaitReady sends the status of a database now and whenever it changes, until it has reached the version.
func (s *MigrationServer) WaitReady(req *migrationsv1.WaitReadyRequest, stream grpc.ServerStreamingServer[migrationsv1.WaitReadyResponse]) error {
	for status, err := range s.databases.Watch(stream.Context(), req.GetDatabase()) {
		if err != nil {
			return err
		}
		if err := stream.Send(&migrationsv1.WaitReadyResponse{Database: statusToProto(status)}); err != nil {
			return err
		}
		if status.Reached(req.GetVersion()) {
			return nil
		}
	}
	return nil
}
