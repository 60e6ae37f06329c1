package rpctest

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func dateRange(p insight.Period) *eventsv1.DateRange {
	made := &eventsv1.DateRange{}
	switch {
	case p.Start != nil:
		made.From = &eventsv1.DateRange_Start{Start: timestamppb.New(*p.Start)}
	case p.From != "":
		made.From = &eventsv1.DateRange_StartText{StartText: p.From}
	}
	switch {
	case p.End != nil:
		made.To = &eventsv1.DateRange_End{End: timestamppb.New(*p.End)}
	case p.To != "":
		made.To = &eventsv1.DateRange_EndText{EndText: p.To}
	}
	return made
}

func weekStart(d time.Weekday) eventsv1.WeekStart {
	if d == time.Sunday {
		return eventsv1.WeekStart_WEEK_START_SUNDAY
	}
	return eventsv1.WeekStart_WEEK_START_MONDAY
}

func zone(z *time.Location) string {
	if z == nil {
		return ""
	}
	return z.String()
}

func trendsRequest(r insight.TrendsRequest) *eventsv1.QueryTrendsRequest {
	made := &eventsv1.QueryTrendsRequest{
		Range: dateRange(r.Period), TimeZone: zone(r.Zone), WeekStart: weekStart(r.FirstDay), Interval: eventsv1.Interval(r.Interval),
		Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By), Breakdown: breakdown(r.Breakdown),
		Formula: r.Formula, Cumulative: r.Cumulative, Compare: r.Compare, TotalValue: r.TotalValue,
	}
	for _, s := range r.Series {
		series := &eventsv1.TrendSeries{Math: eventsv1.Math(s.Math), MathProperty: s.Property}
		if named(s.Matcher) {
			series.Match, series.Properties = &eventsv1.TrendSeries_EventName{EventName: s.Matcher[0].Name}, properties(s.Matcher[0].Properties)
		} else {
			series.Match = &eventsv1.TrendSeries_Action{Action: action(s.Matcher)}
		}
		made.Series = append(made.Series, series)
	}
	return made
}

func funnelRequest(r insight.FunnelRequest) *eventsv1.QueryFunnelRequest {
	made := &eventsv1.QueryFunnelRequest{
		Range: dateRange(r.Period), TimeZone: zone(r.Zone), WeekStart: weekStart(r.FirstDay), Interval: eventsv1.Interval(r.Interval),
		Steps: matchers(r.Steps), Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By), Breakdown: breakdown(r.Breakdown), Order: eventsv1.FunnelOrder(r.Order),
		Attribution: eventsv1.FunnelAttribution(r.Attribution), AttributionStep: int32(r.AttributionStep), View: eventsv1.FunnelView(r.View),
		BinCount: int32(r.BinCount), CountsOnly: r.CountsOnly,
	}
	if r.Window.Value != 0 {
		made.Window = &eventsv1.FunnelWindow{Value: int32(r.Window.Value), Unit: eventsv1.WindowUnit(r.Window.Unit)}
	}
	if r.FromStep != nil {
		made.FromStep = new(int32(*r.FromStep))
	}
	if r.ToStep != nil {
		made.ToStep = new(int32(*r.ToStep))
	}
	for _, x := range r.Exclusions {
		exclusion := &eventsv1.FunnelExclusion{FromStep: int32(x.From), ToStep: int32(x.To)}
		if named(x.Matcher) {
			exclusion.Match, exclusion.Properties = &eventsv1.FunnelExclusion_EventName{EventName: x.Matcher[0].Name}, properties(x.Matcher[0].Properties)
		} else {
			exclusion.Match = &eventsv1.FunnelExclusion_Action{Action: action(x.Matcher)}
		}
		made.Exclusions = append(made.Exclusions, exclusion)
	}
	return made
}

func retentionRequest(r insight.RetentionRequest) *eventsv1.QueryRetentionRequest {
	made := &eventsv1.QueryRetentionRequest{
		Period: eventsv1.Interval(r.Interval), TotalIntervals: int32(r.Total), Target: matcher(r.Target), Returning: matcher(r.Returning),
		TimeZone: zone(r.Zone), WeekStart: weekStart(r.FirstDay), Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By),
	}
	if r.FirstTime {
		made.Type = eventsv1.RetentionType_RETENTION_TYPE_FIRST_TIME
	}
	if r.AsOf != nil {
		made.AsOf = timestamppb.New(*r.AsOf)
	}
	return made
}

func stickinessRequest(r insight.StickinessRequest) *eventsv1.QueryStickinessRequest {
	return &eventsv1.QueryStickinessRequest{
		Range: dateRange(r.Period), TimeZone: zone(r.Zone), WeekStart: weekStart(r.FirstDay), Interval: eventsv1.Interval(r.Interval),
		Series: matchers(r.Series), Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By),
	}
}

func lifecycleRequest(r insight.LifecycleRequest) *eventsv1.QueryLifecycleRequest {
	return &eventsv1.QueryLifecycleRequest{
		Range: dateRange(r.Period), TimeZone: zone(r.Zone), WeekStart: weekStart(r.FirstDay), Interval: eventsv1.Interval(r.Interval),
		Series: matcher(r.Series[0]), Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By),
	}
}

func pathsRequest(r insight.PathsRequest) *eventsv1.QueryPathsRequest {
	w := r.Ways
	made := &eventsv1.QueryPathsRequest{
		Range: dateRange(r.Period), TimeZone: zone(r.Zone), Properties: properties(r.Properties), Unit: eventsv1.Unit(r.By), StepLimit: int32(w.StepLimit),
		StartItem: w.Start, EndItem: w.End, Groupings: w.Groupings, ExcludeItems: w.Exclude, MinWeight: w.MinWeight, MaxWeight: w.MaxWeight, EdgeLimit: int32(w.EdgeLimit),
	}
	if w.Gap != 0 {
		made.SessionGap = durationpb.New(w.Gap)
	}
	for _, s := range w.Sources {
		made.Sources = append(made.Sources, &eventsv1.PathSource{EventName: s.Name, Property: s.Property})
	}
	for _, c := range w.Cleaning {
		made.Cleaning = append(made.Cleaning, &eventsv1.PathCleaning{Pattern: c.Pattern.String(), Alias: c.Alias})
	}
	return made
}
