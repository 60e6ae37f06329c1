package rpc

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/tail"
)

type eventServer struct {
	eventsv1.UnimplementedEventServiceServer
	store   events.Store
	filters filterReader
	tail    *tail.Hub
}

// defaultRows is the row limit of an exposure that names none.
const defaultRows = 100

// cursor is the last event of a page, as its token carries it.
type cursor struct {
	Micros int64     `json:"t"`
	ID     uuid.UUID `json:"i"`
}

// ListEvents returns a page of events, newest first.
func (s *eventServer) ListEvents(ctx context.Context, req *eventsv1.ListEventsRequest) (*eventsv1.ListEventsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, more, err := page.Decode[cursor](req.GetPageToken(), org, req.GetFilter(), req.GetRange())
	if err != nil {
		return nil, err
	}
	q := events.ListQuery{Limit: size + 1}
	if more {
		q.After = positionFromCursor(after)
	}
	if q.Range, err = rangeFromProto(req.GetRange()); err != nil {
		return nil, err
	}
	if q.Filter, err = s.filters.read(ctx, org, req.GetFilter()); err != nil {
		return nil, err
	}
	list, err := s.store.List(ctx, org, q)
	if err != nil {
		return nil, err
	}
	list, more = page.Cut(list, size)
	res := &eventsv1.ListEventsResponse{Events: eventsToProto(list)}
	if more {
		res.NextPageToken = page.Encode(cursorOf(list[len(list)-1]), org, req.GetFilter(), req.GetRange())
	}
	return res, nil
}

// GetExposure says who touched a package, with the newest events as evidence when they are asked for.
func (s *eventServer) GetExposure(ctx context.Context, req *eventsv1.GetExposureRequest) (*eventsv1.GetExposureResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := exposureFromProto(req)
	if err != nil {
		return nil, err
	}
	answer, err := events.Expose(ctx, s.store, org, question)
	if err != nil {
		return nil, err
	}
	return exposureToProto(answer), nil
}

// GetDigest says what happened in a period, beside the period before.
func (s *eventServer) GetDigest(ctx context.Context, req *eventsv1.GetDigestRequest) (*eventsv1.GetDigestResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	q, err := digestFromProto(req)
	if err != nil {
		return nil, err
	}
	if q.Filter, err = s.filters.read(ctx, org, req.GetFilter()); err != nil {
		return nil, err
	}
	digest, err := s.store.Digest(ctx, org, q)
	if err != nil {
		return nil, err
	}
	return digestToProto(q, digest), nil
}
