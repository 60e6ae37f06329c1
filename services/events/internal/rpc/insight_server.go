package rpc

import (
	"context"
	"time"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

type insightServer struct {
	eventsv1.UnimplementedInsightServiceServer
	store   events.Store
	filters filterReader
}

// QueryTrends counts events or developers by time.
func (s *insightServer) QueryTrends(ctx context.Context, req *eventsv1.QueryTrendsRequest) (*eventsv1.QueryTrendsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	start, err := boundFromProto("range.start", req.GetRange().GetStart())
	if err != nil {
		return nil, err
	}
	end, err := boundFromProto("range.end", req.GetRange().GetEnd())
	if err != nil {
		return nil, err
	}
	if start == nil || end == nil {
		return nil, events.ErrFieldMissing.With("a trend needs both bounds of its range").Field("range")
	}
	zone, err := events.Zone(req.GetTimeZone())
	if err != nil {
		return nil, err
	}
	firstDay := time.Monday
	if req.GetWeekStart() == eventsv1.WeekStart_WEEK_START_SUNDAY {
		firstDay = time.Sunday
	}
	q, err := events.NewTrendsQuery(*start, *end, intervalFromProto(req.GetInterval()), zone, firstDay)
	if err != nil {
		return nil, err
	}
	if q.Filter, err = s.filters.read(ctx, org, req.GetFilter()); err != nil {
		return nil, err
	}
	if q.Series, err = seriesFromProto(req.GetSeries()); err != nil {
		return nil, err
	}
	trends, err := s.store.Trends(ctx, org, q)
	if err != nil {
		return nil, err
	}
	return trendsToProto(q.Buckets, trends), nil
}
