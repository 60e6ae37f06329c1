package rpc

import (
	"context"

	"github.com/google/uuid"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func (s *insightServer) stickinessRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryStickinessRequest) (r insight.StickinessRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	if r.Period, err = ask.period(req.GetRange(), usual(req.GetInterval()), req.GetWeekStart()); err != nil {
		return r, err
	}
	r.Series, err = ask.matchers("series", req.GetSeries())
	return r, err
}

func stickinessToProto(got insight.StickinessAnswer) *eventsv1.QueryStickinessResponse {
	res := &eventsv1.QueryStickinessResponse{Buckets: timesToProto(got.Buckets)}
	for i, counts := range got.Counts {
		res.Rows = append(res.Rows, &eventsv1.StickinessRow{Series: int32(i), Counts: counts})
	}
	return res
}

func (s *insightServer) stickinessActors(ctx context.Context, org uuid.UUID, n *eventsv1.StickinessNumber, page insight.ActorPage) ([]string, error) {
	r, err := s.stickinessRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	actors, err := s.engine.StickinessActors(ctx, org, r, int(n.GetCell().GetSeries()), int(n.GetCell().GetIntervals()), page)
	return actors, located(err, n.GetRequest().GetRange())
}

func (s *insightServer) lifecycleRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryLifecycleRequest) (r insight.LifecycleRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	if r.Period, err = ask.period(req.GetRange(), usual(req.GetInterval()), req.GetWeekStart()); err != nil {
		return r, err
	}
	matcher, err := ask.matcher("series", req.GetSeries(), 0)
	r.Series = []insight.Matcher{matcher}
	return r, err
}

// lifecycleToProto shows the dormant as negative numbers.
func lifecycleToProto(got insight.LifecycleAnswer) *eventsv1.QueryLifecycleResponse {
	res := &eventsv1.QueryLifecycleResponse{Buckets: timesToProto(got.Buckets)}
	for _, r := range got.Rows {
		res.New = append(res.New, r.New)
		res.Returning = append(res.Returning, r.Returning)
		res.Resurrecting = append(res.Resurrecting, r.Resurrecting)
		res.Dormant = append(res.Dormant, -r.Dormant)
	}
	return res
}

func (s *insightServer) lifecycleActors(ctx context.Context, org uuid.UUID, n *eventsv1.LifecycleNumber, page insight.ActorPage) ([]string, error) {
	r, err := s.lifecycleRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	actors, err := s.engine.LifecycleActors(ctx, org, r, int(n.GetCell().GetBucket()), insight.Status(n.GetCell().GetStatus()), page)
	return actors, located(err, n.GetRequest().GetRange())
}
