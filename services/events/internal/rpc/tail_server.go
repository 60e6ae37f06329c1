package rpc

import (
	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// TailEvents sends what comes in, until the client goes or the server stops.
func (s *eventServer) TailEvents(req *eventsv1.TailEventsRequest, stream eventsv1.EventService_TailEventsServer) error {
	ctx := stream.Context()
	org, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	filter, err := s.filters.read(ctx, org, req.GetFilter())
	if err != nil {
		return err
	}
	reader := s.tail.Subscribe(org, filter)
	defer reader.Close()
	if err := stream.Send(&eventsv1.TailEventsResponse{}); err != nil {
		return err
	}
	for {
		list, skipped, err := reader.Next(ctx)
		if err != nil {
			return err
		}
		if err := stream.Send(&eventsv1.TailEventsResponse{Events: eventsToProto(list), SkippedCount: skipped}); err != nil {
			return err
		}
	}
}
