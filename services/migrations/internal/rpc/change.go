package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
)

// PlanDatabase says what would be applied.
func (s *MigrationServer) PlanDatabase(ctx context.Context, req *migrationsv1.PlanDatabaseRequest) (*migrationsv1.PlanDatabaseResponse, error) {
	p, err := s.databases.Plan(ctx, req.GetDatabase())
	if err != nil {
		return nil, err
	}
	return planToProto(p), nil
}

// ApplyDatabase sends the steps of an attempt. The attempt goes on when the client leaves.
func (s *MigrationServer) ApplyDatabase(req *migrationsv1.ApplyDatabaseRequest, stream grpc.ServerStreamingServer[migrationsv1.ApplyDatabaseResponse]) error {
	for p, err := range s.databases.Apply(stream.Context(), req.GetDatabase(), req.GetPlanFingerprint(), actor(stream.Context())) {
		if err != nil {
			return err
		}
		if err := stream.Send(progressToProto(p)); err != nil {
			return err
		}
	}
	return nil
}

// GetDrift compares the live schema with the files.
func (s *MigrationServer) GetDrift(ctx context.Context, req *migrationsv1.GetDriftRequest) (*migrationsv1.GetDriftResponse, error) {
	d, err := s.databases.Drift(ctx, req.GetDatabase())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.GetDriftResponse{
		Differences: each(d.Differences, differenceToProto), Fingerprint: d.Fingerprint, CheckedAt: timestamppb.New(d.CheckedAt),
	}, nil
}

// ListGates judges the contract files that wait.
func (s *MigrationServer) ListGates(ctx context.Context, req *migrationsv1.ListGatesRequest) (*migrationsv1.ListGatesResponse, error) {
	gates, err := s.databases.Gates(ctx, req.GetDatabase())
	if err != nil {
		return nil, err
	}
	return &migrationsv1.ListGatesResponse{Gates: each(gates, gateToProto)}, nil
}

// OverrideStep lets a file pass.
func (s *MigrationServer) OverrideStep(ctx context.Context, req *migrationsv1.OverrideStepRequest) (*migrationsv1.OverrideStepResponse, error) {
	o, err := s.databases.Override(ctx, migrations.Override{
		Database: req.GetDatabase(), File: req.GetFile(), Rule: req.GetRule(), Reason: req.GetReason(), Actor: actor(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &migrationsv1.OverrideStepResponse{Override: overrideToProto(o)}, nil
}

// BaselineDatabase records files as applied.
func (s *MigrationServer) BaselineDatabase(ctx context.Context, req *migrationsv1.BaselineDatabaseRequest) (*migrationsv1.BaselineDatabaseResponse, error) {
	status, err := s.databases.Baseline(ctx, req.GetDatabase(), req.GetVersion(), actor(ctx))
	if err != nil {
		return nil, err
	}
	return &migrationsv1.BaselineDatabaseResponse{Database: statusToProto(status)}, nil
}

// actor names the caller in the history: the role and the credential, such as "operator 5f2a...".
func actor(ctx context.Context) string {
	c := auth.MustCaller(ctx)
	role := strings.ToLower(strings.TrimPrefix(c.Role.String(), "ROLE_"))
	return strings.TrimSpace(role + " " + c.CredentialID)
}
