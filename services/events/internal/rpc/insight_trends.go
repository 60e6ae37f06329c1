package rpc

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func (s *insightServer) trendsRequest(ctx context.Context, org uuid.UUID, req *eventsv1.QueryTrendsRequest) (r insight.TrendsRequest, err error) {
	ask, err := s.ask(ctx, org, req.GetTimeZone())
	if err != nil {
		return r, err
	}
	r = insight.TrendsRequest{Formula: req.GetFormula(), Cumulative: req.GetCumulative(), Compare: req.GetCompare(), TotalValue: req.GetTotalValue()}
	if r.Audience, err = ask.audience(req); err != nil {
		return r, err
	}
	if r.Period, err = ask.period(req.GetRange(), usual(req.GetInterval()), req.GetWeekStart()); err != nil {
		return r, err
	}
	for i, series := range req.GetSeries() {
		made := insight.Series{Math: insight.Math(series.GetMath()), Property: series.GetMathProperty()}
		if made.Math == 0 {
			made.Math = insight.Total
		}
		field := fmt.Sprintf("series[%d]", i)
		if !made.Math.Numeric() && made.Property != "" {
			return r, insight.ErrMathInvalid.With("only a math over numbers has a property").Field(field + ".math_property")
		}
		if made.Matcher, err = ask.matcher(field, series, 0); err != nil {
			return r, err
		}
		r.Series = append(r.Series, made)
	}
	r.Breakdown, err = ask.breakdown(req.GetBreakdown())
	return r, err
}

func trendsToProto(got insight.TrendsAnswer) *eventsv1.QueryTrendsResponse {
	res := &eventsv1.QueryTrendsResponse{Buckets: timesToProto(got.Buckets), PreviousBuckets: timesToProto(got.Previous)}
	for _, r := range got.Rows {
		row := &eventsv1.TrendRow{
			Series: int32(r.Series), Values: r.Values, Total: r.Total, Breakdown: keyToProto(r.Key), Period: eventsv1.TrendPeriod_TREND_PERIOD_CURRENT,
		}
		if r.Previous {
			row.Period = eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS
		}
		res.Rows = append(res.Rows, row)
	}
	return res
}

func (s *insightServer) trendActors(ctx context.Context, org uuid.UUID, n *eventsv1.TrendNumber, page insight.ActorPage) ([]string, error) {
	r, err := s.trendsRequest(ctx, org, n.GetRequest())
	if err != nil {
		return nil, err
	}
	key, err := keyFromProto(n.GetCell().GetBreakdown(), r.Breakdown)
	if err != nil {
		return nil, err
	}
	cell := insight.TrendsCell{
		TrendCell: insight.TrendCell{Series: int(n.GetCell().GetSeries()), Key: key, Bucket: -1},
		Previous:  n.GetCell().GetPeriod() == eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS,
	}
	if n.GetCell().Bucket != nil {
		cell.Bucket = int(n.GetCell().GetBucket())
	}
	actors, err := s.engine.TrendActors(ctx, org, r, cell, page)
	return actors, located(err, n.GetRequest().GetRange())
}
