package rpc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func eventsOf(name string) *eventsv1.EventMatcher {
	return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: name}}
}

func seriesOf(name string) *eventsv1.TrendSeries {
	return &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: name}}
}

func where(key string, operator eventsv1.PropertyOperator, values ...string) []*eventsv1.PropertyFilter {
	return []*eventsv1.PropertyFilter{{Key: key, Operator: operator, Values: values}}
}

// in nests cohorts, one within the other.
func in(depth int) *eventsv1.CohortDefinition {
	if depth == 0 {
		return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: &eventsv1.StaticCohort{}}}
	}
	return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: &eventsv1.DynamicCohort{AnyOf: []*eventsv1.CohortGroup{{
		Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, Cohort: in(depth - 1)}},
	}}}}}
}

func (b *bundle) refused(field string, req proto.Message) {
	b.t.Helper()
	var err error
	switch r := req.(type) {
	case *eventsv1.QueryTrendsRequest:
		_, err = b.insight.QueryTrends(b.as("analyst"), r)
	case *eventsv1.QueryFunnelRequest:
		_, err = b.insight.QueryFunnel(b.as("analyst"), r)
	case *eventsv1.QueryRetentionRequest:
		_, err = b.insight.QueryRetention(b.as("analyst"), r)
	case *eventsv1.QueryLifecycleRequest:
		_, err = b.insight.QueryLifecycle(b.as("analyst"), r)
	case *eventsv1.QueryStickinessRequest:
		_, err = b.insight.QueryStickiness(b.as("analyst"), r)
	case *eventsv1.QueryPathsRequest:
		_, err = b.insight.QueryPaths(b.as("analyst"), r)
	case *eventsv1.ListActorsRequest:
		_, err = b.insight.ListActors(b.as("analyst"), r)
	}
	require.ErrorIs(b.t, err, fault.Invalid, field)
	var f *fault.Fault
	require.ErrorAs(b.t, err, &f)
	require.Equal(b.t, field, f.FieldPath(), f.Message())
}

func TestTrendsRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := []*eventsv1.TrendSeries{seriesOf("x")}
	text := func(from, to string) *eventsv1.DateRange {
		return &eventsv1.DateRange{From: &eventsv1.DateRange_StartText{StartText: from}, To: &eventsv1.DateRange_EndText{EndText: to}}
	}
	for field, req := range map[string]*eventsv1.QueryTrendsRequest{
		"series":                  {},
		"range":                   {Series: one, Interval: eventsv1.Interval_INTERVAL_MINUTE, Range: during(noon, noon.AddDate(1, 0, 0))},
		"range.start_text":        {Series: one, Range: text("yesterday", "-1d")},
		"range.end_text":          {Series: one, Range: text("-3d", "-5d")},
		"series[1].event_name":    {Series: []*eventsv1.TrendSeries{seriesOf("x"), seriesOf("")}},
		"series[1].math_property": {Series: []*eventsv1.TrendSeries{seriesOf("x"), {Match: seriesOf("x").GetMatch(), Math: eventsv1.Math_MATH_SUM}}},
		"series[0].math_property": {Series: []*eventsv1.TrendSeries{{Match: seriesOf("x").GetMatch(), MathProperty: "n"}}},
		"series[0].properties[0].values[0]": {Series: []*eventsv1.TrendSeries{{
			Match: seriesOf("x").GetMatch(), Properties: where("p", eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_REGEX, "("),
		}}},
		"properties[0].key":       {Series: one, Properties: where("", 0, "x")},
		"properties[0].values":    {Series: one, Properties: where("p", 0)},
		"properties[0].values[1]": {Series: one, Properties: where("p", eventsv1.PropertyOperator_PROPERTY_OPERATOR_BETWEEN, "1", "two")},
		"properties[0].operator":  {Series: one, Properties: where("p", eventsv1.PropertyOperator_PROPERTY_OPERATOR_IN, "x")},
		"properties[0].cohort":    {Series: one, Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT}}},
		"breakdown.kind":          {Series: one, Breakdown: &eventsv1.Breakdown{Properties: []string{"p"}}},
		"breakdown.properties":    {Series: one, Breakdown: &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT}},
		"breakdown.limit":         {Series: one, Breakdown: &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: []string{"p"}, Limit: 501}},
		"breakdown.cohorts":       {Series: one, Breakdown: &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_COHORT}},
		"formula":                 {Series: one, Formula: "A + B"},
		"cumulative":              {Series: one, Cumulative: true, TotalValue: true},
		"filter.packages[0]":      {Series: one, Filter: &eventsv1.EventFilter{Packages: []string{"x"}}},
		"interval":                {Series: one, Interval: 99},
		"series[0].action.steps[0].event_name": {Series: []*eventsv1.TrendSeries{{Match: &eventsv1.TrendSeries_Action{
			Action: &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{{EventName: "\x00"}}},
		}}}},
	} {
		b.refused(field, req)
	}
	deep := &eventsv1.QueryTrendsRequest{Series: one, Properties: []*eventsv1.PropertyFilter{{Scope: eventsv1.PropertyScope_PROPERTY_SCOPE_COHORT, Cohort: in(5)}}}
	b.refused("properties[0].cohort"+strings.Repeat(".dynamic.any_of[0].properties[0].cohort", 5), deep)
}

func TestOtherInsightsRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	steps := []*eventsv1.EventMatcher{eventsOf("x"), eventsOf("y")}
	between := func(from, to int32) []*eventsv1.FunnelExclusion {
		return []*eventsv1.FunnelExclusion{{Match: &eventsv1.FunnelExclusion_EventName{EventName: "z"}, FromStep: from, ToStep: to}}
	}
	for field, req := range map[string]proto.Message{
		"steps":                     &eventsv1.QueryFunnelRequest{},
		"steps[1].event_name":       &eventsv1.QueryFunnelRequest{Steps: []*eventsv1.EventMatcher{eventsOf("x"), eventsOf("")}},
		"window.value":              &eventsv1.QueryFunnelRequest{Steps: steps, Window: &eventsv1.FunnelWindow{Unit: eventsv1.WindowUnit_WINDOW_UNIT_DAY}},
		"window.unit":               &eventsv1.QueryFunnelRequest{Steps: steps, Window: &eventsv1.FunnelWindow{Value: 1}},
		"exclusions[0].to_step":     &eventsv1.QueryFunnelRequest{Steps: steps, Exclusions: between(0, 2)},
		"exclusions[0].from_step":   &eventsv1.QueryFunnelRequest{Steps: append(steps, eventsOf("z2")), Exclusions: between(0, 1), Order: eventsv1.FunnelOrder_FUNNEL_ORDER_UNORDERED},
		"interval":                  &eventsv1.QueryFunnelRequest{Steps: steps, Interval: eventsv1.Interval_INTERVAL_DAY},
		"to_step":                   &eventsv1.QueryFunnelRequest{Steps: steps, FromStep: new(int32(1)), ToStep: new(int32(0))},
		"period":                    &eventsv1.QueryRetentionRequest{Target: eventsOf("x"), Returning: eventsOf("y"), Period: eventsv1.Interval_INTERVAL_MINUTE},
		"total_intervals":           &eventsv1.QueryRetentionRequest{Target: eventsOf("x"), Returning: eventsOf("y"), TotalIntervals: 101},
		"target.event_name":         &eventsv1.QueryRetentionRequest{Target: eventsOf(""), Returning: eventsOf("y")},
		"returning":                 &eventsv1.QueryRetentionRequest{Target: eventsOf("x")},
		"series":                    &eventsv1.QueryLifecycleRequest{},
		"series[0].event_name":      &eventsv1.QueryStickinessRequest{Series: []*eventsv1.EventMatcher{eventsOf("")}},
		"sources":                   &eventsv1.QueryPathsRequest{},
		"max_weight":                &eventsv1.QueryPathsRequest{Sources: []*eventsv1.PathSource{{}}, MinWeight: 2, MaxWeight: 1},
		"step_limit":                &eventsv1.QueryPathsRequest{Sources: []*eventsv1.PathSource{{}}, StepLimit: 1},
		"cleaning[0].pattern":       &eventsv1.QueryPathsRequest{Sources: []*eventsv1.PathSource{{}}, Cleaning: []*eventsv1.PathCleaning{{Pattern: "["}}},
		"number":                    &eventsv1.ListActorsRequest{},
		"retention.request.period":  &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Retention{Retention: &eventsv1.RetentionNumber{Cell: &eventsv1.RetentionCell{}, Request: &eventsv1.QueryRetentionRequest{Target: eventsOf("x"), Returning: eventsOf("y"), Period: eventsv1.Interval_INTERVAL_MINUTE}}}},
		"retention.cell.interval":   &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Retention{Retention: &eventsv1.RetentionNumber{Cell: &eventsv1.RetentionCell{Interval: 11}, Request: &eventsv1.QueryRetentionRequest{Target: eventsOf("x"), Returning: eventsOf("y")}}}},
		"stickiness.cell.intervals": &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Stickiness{Stickiness: &eventsv1.StickinessNumber{Cell: &eventsv1.StickinessCell{}, Request: &eventsv1.QueryStickinessRequest{Series: steps}}}},
		"lifecycle.cell.status":     &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Lifecycle{Lifecycle: &eventsv1.LifecycleNumber{Cell: &eventsv1.LifecycleCell{}, Request: &eventsv1.QueryLifecycleRequest{Series: eventsOf("x")}}}},
		"funnel.cell.step":          &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Funnel{Funnel: &eventsv1.FunnelNumber{Cell: &eventsv1.FunnelCell{Step: 2}, Request: &eventsv1.QueryFunnelRequest{Steps: steps}}}},
		"trends.cell.breakdown":     &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Cell: &eventsv1.TrendCell{Breakdown: &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Cohort{}}}, Request: &eventsv1.QueryTrendsRequest{Series: []*eventsv1.TrendSeries{seriesOf("x")}}}}},
		"trends.request.time_zone":  &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Cell: &eventsv1.TrendCell{}, Request: &eventsv1.QueryTrendsRequest{TimeZone: "x", Series: []*eventsv1.TrendSeries{seriesOf("x")}}}}},
		"trends.request.formula":    &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Cell: &eventsv1.TrendCell{}, Request: &eventsv1.QueryTrendsRequest{Formula: "A", Series: []*eventsv1.TrendSeries{seriesOf("x")}}}}},
		"trends.cell.bucket":        &eventsv1.ListActorsRequest{Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Cell: &eventsv1.TrendCell{Bucket: new(int32(1))}, Request: &eventsv1.QueryTrendsRequest{TotalValue: true, Series: []*eventsv1.TrendSeries{seriesOf("x")}}}}},
		"page_token":                &eventsv1.ListActorsRequest{PageToken: "x", Number: &eventsv1.ListActorsRequest_Trends{Trends: &eventsv1.TrendNumber{Cell: &eventsv1.TrendCell{}, Request: &eventsv1.QueryTrendsRequest{Series: []*eventsv1.TrendSeries{seriesOf("x")}}}}},
	} {
		b.refused(field, req)
	}
	for _, gap := range []time.Duration{0, -time.Second} { // absent is the usual one, 0 is not
		b.refused("session_gap", &eventsv1.QueryPathsRequest{Sources: []*eventsv1.PathSource{{}}, SessionGap: durationpb.New(gap)})
	}
}
