package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/tail"
)

type eventServer struct {
	eventsv1.UnimplementedEventServiceServer
	store   insight.Engine
	filters filterReader
	insight *insightServer // reads filters on properties
	intake  *ingest.Intake
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
	asked := []any{org, req.GetFilter(), req.GetRange()}
	if len(req.GetProperties()) > 0 {
		asked = append(asked, &eventsv1.ListEventsRequest{Properties: req.GetProperties()})
	}
	after, more, err := page.Decode[cursor](req.GetPageToken(), asked...)
	if err != nil {
		return nil, err
	}
	q := events.ListQuery{Basic: req.GetView() == eventsv1.EventView_EVENT_VIEW_BASIC, Limit: size + 1}
	if more {
		q.After = positionFromCursor(after)
	}
	if q.Range, err = rangeFromProto(req.GetRange()); err != nil {
		return nil, err
	}
	if q.Filter, err = s.filters.read(ctx, org, req.GetFilter()); err != nil {
		return nil, err
	}
	list, err := s.list(ctx, org, q, req.GetProperties())
	if err != nil {
		return nil, err
	}
	list, more = page.Cut(list, size)
	res := &eventsv1.ListEventsResponse{Events: eventsToProto(list)}
	if q.Basic {
		res.Events = basicToProto(list)
	}
	var all bool
	res.Events, all = page.Fit(res.Events, page.MaxBytes)
	if more || !all {
		res.NextPageToken = page.Encode(cursorOf(list[len(res.GetEvents())-1]), asked...)
	}
	return res, nil
}

// list reads a page. Filters on properties are the business of insights, whose statements are made for them.
func (s *eventServer) list(ctx context.Context, org uuid.UUID, q events.ListQuery, properties []*eventsv1.PropertyFilter) ([]events.Event, error) {
	if len(properties) == 0 {
		return s.store.List(ctx, org, q)
	}
	ask, err := s.insight.ask(ctx, org, "")
	if err != nil {
		return nil, err
	}
	filters, err := ask.properties("properties", properties, 0)
	if err != nil {
		return nil, err
	}
	question := insight.Question{Range: q.Range, Filter: q.Filter, Properties: filters}
	return s.store.Events(ctx, org, insight.EventsQuery{Question: question, After: q.After, Limit: q.Limit})
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
	res := exposureToProto(answer)
	evidence := res.GetEvidence()
	res.Evidence = nil
	res.Evidence, _ = page.Fit(evidence, page.MaxBytes-proto.Size(res))
	return res, nil
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
