package rpc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/tail"
)

// filterAgain is how often the developers of a tail's filter are asked for: a merge shows within a second.
const filterAgain = 500 * time.Millisecond

// TailEvents sends what comes in, until the client goes or the server stops.
func (s *eventServer) TailEvents(req *eventsv1.TailEventsRequest, stream eventsv1.EventService_TailEventsServer) error {
	ctx := stream.Context()
	org, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	if err := s.intake.Ready(); errors.Is(err, queue.ErrElsewhere) { // nothing comes in here
		return err
	}
	filter, err := s.filters.read(ctx, org, req.GetFilter())
	if err != nil {
		return err
	}
	reader, err := s.tail.Subscribe(org, filter)
	if err != nil {
		return err
	}
	defer reader.Close()
	if len(req.GetFilter().GetDeveloperIds()) > 0 {
		ctx, cancel := context.WithCancel(ctx)
		var following sync.WaitGroup
		following.Go(func() { s.followMerges(ctx, org, req.GetFilter(), reader) })
		defer following.Wait()
		defer cancel()
	}
	if err := stream.Send(&eventsv1.TailEventsResponse{}); err != nil {
		return err
	}
	for {
		list, skipped, err := reader.Next(ctx)
		if err != nil {
			return err
		}
		for some := range pieces(eventsToProto(list)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := stream.Send(&eventsv1.TailEventsResponse{Events: some, SkippedCount: skipped}); err != nil {
				return err
			}
			skipped = 0
		}
	}
}

// followMerges keeps a reader at the developers that those of its filter stand for, until ctx ends. While nobody can tell, it stays as it is.
func (s *eventServer) followMerges(ctx context.Context, org uuid.UUID, of *eventsv1.EventFilter, reader *tail.Reader) {
	ticker := time.NewTicker(filterAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if filter, err := s.filters.read(ctx, org, of); err == nil {
			reader.Filter(filter)
		}
	}
}
