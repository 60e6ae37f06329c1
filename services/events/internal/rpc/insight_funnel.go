package rpc

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func (s *insightServer) funnelRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryFunnelRequest) (r insight.FunnelRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	r = insight.FunnelRequest{
		Order:           insight.Order(req.GetOrder()),
		Window:          insight.Window{Value: int(req.GetWindow().GetValue()), Unit: insight.WindowUnit(req.GetWindow().GetUnit())},
		Attribution:     insight.Attribution(req.GetAttribution()),
		AttributionStep: int(req.GetAttributionStep()),
		View:            insight.FunnelView(req.GetView()),
		FromStep:        intFromProto(req.FromStep),
		ToStep:          intFromProto(req.ToStep),
		BinCount:        int(req.GetBinCount()),
		CountsOnly:      req.GetCountsOnly(),
	}
	if w := req.GetWindow(); w != nil && w.GetValue() == 0 { // a window that is there is not the usual one
		return r, insight.ErrFunnelInvalid.With("the window is 0, it must be above 0").Field("window.value")
	}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	interval := req.GetInterval()
	if r.View == insight.FunnelTrends {
		interval = usual(interval)
	}
	if r.Period, err = ask.period(req.GetRange(), interval, req.GetWeekStart()); err != nil {
		return r, err
	}
	if r.Steps, err = ask.matchers("steps", req.GetSteps()); err != nil {
		return r, err
	}
	for i, x := range req.GetExclusions() {
		made := insight.Exclusion{From: int(x.GetFromStep()), To: int(x.GetToStep())}
		if made.Matcher, err = ask.matcher(fmt.Sprintf("exclusions[%d]", i), x, 0); err != nil {
			return r, err
		}
		r.Exclusions = append(r.Exclusions, made)
	}
	r.Breakdown, err = ask.breakdown(req.GetBreakdown())
	return r, err
}

// intFromProto returns nil for an absent number.
func intFromProto(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

func funnelToProto(got insight.FunnelAnswer) *eventsv1.QueryFunnelResponse {
	res := &eventsv1.QueryFunnelResponse{Buckets: timesToProto(got.Buckets)}
	for _, r := range got.Rows {
		row := &eventsv1.FunnelRow{Breakdown: keyToProto(r.Key), MeanSeconds: r.MeanSeconds}
		for _, step := range r.Steps {
			row.Steps = append(row.Steps, &eventsv1.FunnelStep{Count: step.Count, MeanSeconds: step.MeanSeconds, MedianSeconds: step.MedianSeconds})
		}
		for _, p := range r.Periods {
			row.Periods = append(row.Periods, &eventsv1.FunnelPeriod{Entered: p.Entered, Converted: p.Converted, Rate: p.Rate})
		}
		for _, b := range r.Bins {
			row.Bins = append(row.Bins, &eventsv1.FunnelBin{FromSeconds: b.FromSeconds, Actors: b.Actors})
		}
		res.Rows = append(res.Rows, row)
	}
	return res
}

func (s *insightServer) funnelActors(ctx context.Context, org uuid.UUID, n *eventsv1.FunnelNumber, page insight.ActorPage) ([]string, error) {
	r, err := s.funnelRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	c := n.GetCell()
	key, err := keyFromProto(c.GetBreakdown(), r.Breakdown)
	if err != nil {
		return nil, err
	}
	cell := insight.FunnelCell{Key: key, Step: int(c.GetStep()), Bucket: int(c.GetBucket()), Bin: int(c.GetBin()), Standing: insight.Standing(c.GetStanding())}
	actors, err := s.engine.FunnelActors(ctx, org, r, cell, page)
	return actors, located(err, n.GetRequest().GetRange())
}
