package rpc

import (
	"context"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // exporters compress

	"devtrail.dev/kit/auth"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/otlp"
	"devtrail.dev/services/events/internal/wire"
)

// Logs is OpenTelemetry's LogsService: collectors and coding agents export to it as to any collector.
type Logs struct {
	intake *ingest.Intake
	now    func() time.Time
}

// NewLogs returns a logs service on an intake.
func NewLogs(intake *ingest.Intake, now func() time.Time) *Logs {
	return &Logs{intake: intake, now: now}
}

// Register adds the service to a door, which must be given LogsRules.
func (s *Logs) Register(door grpc.ServiceRegistrar) { door.RegisterService(logsService(), s) }

// logs is what the method below calls.
type logs interface {
	export(ctx context.Context, body *logsBody) (*collectorv1.ExportLogsServiceResponse, error)
}

// logsService is the LogsService of OpenTelemetry with a method that is handed a body.
func logsService() *grpc.ServiceDesc {
	d := collectorv1.LogsService_ServiceDesc
	d.HandlerType = (*logs)(nil)
	d.Methods = []grpc.MethodDesc{{MethodName: "Export", Handler: handleExport}}
	return &d
}

func handleExport(srv any, ctx context.Context, decode func(any) error, around grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // the order is gRPC's
	body := &logsBody{}
	if err := decode(body); err != nil {
		return nil, err
	}
	handle := func(ctx context.Context, req any) (any, error) {
		return srv.(logs).export(ctx, req.(*logsBody)) //nolint:forcetypeassert // gRPC has checked the one, the other is above
	}
	if around == nil {
		return handle(ctx, body)
	}
	return around(ctx, body, &grpc.UnaryServerInfo{FullMethod: collectorv1.LogsService_Export_FullMethodName, Server: srv}, handle)
}

// LogsRules are the access rules of the service; its contract is OpenTelemetry's and cannot hold ours.
func LogsRules() auth.Foreign {
	return auth.Foreign{collectorv1.LogsService_Export_FullMethodName: &accessv1.Access{Roles: []accessv1.Role{accessv1.Role_ROLE_INGEST}}}
}

// IntakeServices are the full names of the services to which events are sent.
func IntakeServices() []string {
	return []string{eventsv1.IngestService_ServiceDesc.ServiceName, collectorv1.LogsService_ServiceDesc.ServiceName}
}

// export stores the records as events. What will never be stored is counted in the answer; what may be stored later is an error, after which the
// whole batch is to be sent again: it counts once.
func (s *Logs) export(ctx context.Context, body *logsBody) (*collectorv1.ExportLogsServiceResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	return otlp.Take(body.request, otlp.Sender{Credential: auth.MustCaller(ctx).CredentialID, Received: s.now()}, func(drafts []ingest.Draft) ([]ingest.Result, error) {
		results, err := s.intake.Capture(ctx, org, drafts)
		if err != nil {
			return nil, err
		}
		return results, wire.Unsettled(results)
	})
}
