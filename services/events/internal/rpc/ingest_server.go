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

// CaptureEvents stores events and says of each what became of it.
func (s *ingestServer) CaptureEvents(ctx context.Context, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	drafts := make([]ingest.Draft, len(req.GetEvents()))
	for i, e := range req.GetEvents() {
		drafts[i] = wire.DraftFromProto(e)
	}
	results, err := s.intake.Capture(ctx, org, drafts)
	if err != nil {
		return nil, err
	}
	return &eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(req.GetEvents(), results)}, nil
}
