package rpc

import (
	"context"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

type ingestServer struct {
	eventsv1.UnimplementedIngestServiceServer
	intake *ingest.Intake
}

// CaptureEvents keeps events and says of each what became of it.
func (s *ingestServer) CaptureEvents(ctx context.Context, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	results, err := s.capture(ctx, req)
	if err != nil {
		return nil, err
	}
	return &eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(req.GetEvents(), results)}, nil
}

func (s *ingestServer) capture(ctx context.Context, batch wire.Batch) ([]ingest.Result, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	request, err := wire.RequestFromProto(org, auth.MustCaller(ctx).CredentialID, batch)
	if err != nil {
		return nil, err
	}
	return s.intake.Take(ctx, request)
}
