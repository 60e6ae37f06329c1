package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

func (s *insightServer) retentionRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryRetentionRequest) (r insight.RetentionRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	r = insight.RetentionRequest{
		FirstTime: req.GetType() == eventsv1.RetentionType_RETENTION_TYPE_FIRST_TIME,
		Interval:  events.Interval(req.GetPeriod()),
		Total:     int(req.GetTotalIntervals()),
		Zone:      ask.zone,
		FirstDay:  firstDay(req.GetWeekStart()),
	}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	if r.AsOf, err = boundFromProto("as_of", req.GetAsOf()); err != nil {
		return r, err
	}
	if r.Target, err = ask.matcher("target", req.GetTarget(), 0); err != nil {
		return r, err
	}
	r.Returning, err = ask.matcher("returning", req.GetReturning(), 0)
	return r, err
}

func retentionToProto(got insight.RetentionAnswer) *eventsv1.QueryRetentionResponse {
	res := &eventsv1.QueryRetentionResponse{}
	for _, r := range got.Rows {
		res.Rows = append(res.Rows, &eventsv1.RetentionRow{Start: timestamppb.New(r.Start), Size: r.Values[0], Values: r.Values})
	}
	return res
}
