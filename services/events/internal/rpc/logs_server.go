package rpc

import (
	"context"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // exporters compress

	"devtrail.dev/kit/auth"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/otlp"
	"devtrail.dev/services/events/internal/wire"
)

// Logs is OpenTelemetry's LogsService: collectors and coding agents export to it as to any collector.
type Logs struct {
	collectorv1.UnimplementedLogsServiceServer

	intake *ingest.Intake
	now    func() time.Time
}

// NewLogs returns a logs service on an intake.
func NewLogs(intake *ingest.Intake, now func() time.Time) *Logs {
	return &Logs{intake: intake, now: now}
}

// Register adds the service to a door, which must be given LogsRules.
func (s *Logs) Register(door grpc.ServiceRegistrar) { collectorv1.RegisterLogsServiceServer(door, s) }

// LogsRules are the access rules of the service; its contract is OpenTelemetry's and cannot hold ours.
func LogsRules() auth.Foreign {
	return auth.Foreign{collectorv1.LogsService_Export_FullMethodName: &accessv1.Access{Roles: []accessv1.Role{accessv1.Role_ROLE_INGEST}}}
}

// Export stores the records as events. What will never be stored is counted in the answer; what may be stored later is an error, after which the
// whole batch is to be sent again: it counts once.
func (s *Logs) Export(ctx context.Context, req *collectorv1.ExportLogsServiceRequest) (*collectorv1.ExportLogsServiceResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	if err := otlp.Check(req); err != nil {
		return nil, err
	}
	return otlp.Take(req, otlp.Sender{Credential: auth.MustCaller(ctx).CredentialID, Received: s.now()}, func(drafts []ingest.Draft) ([]ingest.Result, error) {
		results, err := s.intake.Capture(ctx, org, drafts)
		if err != nil {
			return nil, err
		}
		return results, wire.Unsettled(results)
	})
}
