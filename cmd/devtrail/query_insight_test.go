package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// asked keeps the last request for an insight.
func (s *services) asked(req proto.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.insight = req
}

func (s *services) QueryFunnel(_ context.Context, req *eventsv1.QueryFunnelRequest) (*eventsv1.QueryFunnelResponse, error) {
	s.asked(req)
	return &eventsv1.QueryFunnelResponse{Rows: []*eventsv1.FunnelRow{{Steps: []*eventsv1.FunnelStep{{Count: 2}, {Count: 1}}}}}, nil
}

func (s *services) QueryRetention(_ context.Context, req *eventsv1.QueryRetentionRequest) (*eventsv1.QueryRetentionResponse, error) {
	s.asked(req)
	return &eventsv1.QueryRetentionResponse{Rows: []*eventsv1.RetentionRow{{Start: req.GetAsOf(), Size: 1, Values: []int64{1}}}}, nil
}

func (s *services) QueryStickiness(_ context.Context, req *eventsv1.QueryStickinessRequest) (*eventsv1.QueryStickinessResponse, error) {
	s.asked(req)
	return &eventsv1.QueryStickinessResponse{Rows: []*eventsv1.StickinessRow{{Counts: []int64{3}}}}, nil
}

func (s *services) QueryLifecycle(_ context.Context, req *eventsv1.QueryLifecycleRequest) (*eventsv1.QueryLifecycleResponse, error) {
	s.asked(req)
	return &eventsv1.QueryLifecycleResponse{}, nil
}

func (s *services) QueryPaths(_ context.Context, req *eventsv1.QueryPathsRequest) (*eventsv1.QueryPathsResponse, error) {
	s.asked(req)
	return &eventsv1.QueryPathsResponse{}, nil
}

func TestInsightsAreAskedAsTyped(t *testing.T) {
	home(t)
	s := startServices(t)
	out, err := devtrail(t, at(s, "query", "funnel", "a", "b", "--window", "2w", "--order", "strict", "--unit", "machine", "--where", "tool!=npm", "--where", "n>=2", "--csv")...)
	require.NoError(t, err)
	require.Equal(t, "breakdown,step,actors,mean_seconds,median_seconds\n,0,2,,\n,1,1,,\n", out)
	funnel := s.insight.(*eventsv1.QueryFunnelRequest)
	require.Equal(t, "b", funnel.GetSteps()[1].GetEventName())
	require.Equal(t, eventsv1.WindowUnit_WINDOW_UNIT_WEEK, funnel.GetWindow().GetUnit())
	require.Equal(t, eventsv1.FunnelOrder_FUNNEL_ORDER_STRICT, funnel.GetOrder())
	require.Equal(t, eventsv1.Unit_UNIT_MACHINE, funnel.GetUnit())
	require.Equal(t, []string{"npm"}, funnel.GetProperties()[0].GetValues())
	require.Equal(t, eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER_OR_EQUAL, funnel.GetProperties()[1].GetOperator())

	out, err = devtrail(t, at(s, "query", "retention", "a", "--interval", "month", "--until", "2024-05-06", "--first-time")...)
	require.NoError(t, err)
	require.Equal(t, "START    SIZE  0\n2024-05  1     @ 100%\n", out)
	retention := s.insight.(*eventsv1.QueryRetentionRequest)
	require.Equal(t, "a", retention.GetReturning().GetEventName())
	require.Equal(t, eventsv1.RetentionType_RETENTION_TYPE_FIRST_TIME, retention.GetType())

	out, err = devtrail(t, at(s, "query", "stickiness", "a")...)
	require.NoError(t, err)
	require.Equal(t, "ACTIVE IN  ACTORS\n1          3       ########################################\n", out)
	_, err = devtrail(t, at(s, "query", "lifecycle", "a", "--json")...)
	require.NoError(t, err)
	require.Equal(t, "a", s.insight.(*eventsv1.QueryLifecycleRequest).GetSeries().GetEventName())
	out, err = devtrail(t, at(s, "query", "paths", "--start", "a")...)
	require.NoError(t, err)
	require.Equal(t, "No paths.\n", out)
	require.Equal(t, "a", s.insight.(*eventsv1.QueryPathsRequest).GetStartItem())
	_, err = devtrail(t, at(s, "query", "trends", "a", "--by", "tool", "--cumulative")...)
	require.NoError(t, err)
	require.Equal(t, []string{"tool"}, s.trends[0].GetBreakdown().GetProperties())
	require.True(t, s.trends[0].GetCumulative())
	_, err = devtrail(t, at(s, "query", "trends", "a", "b", "--math", "p95", "--property", "ms", "--formula", "A / B", "--compare", "--total")...)
	require.NoError(t, err)
	asked := s.trends[1]
	require.Equal(t, "b", asked.GetSeries()[1].GetEventName())
	require.Equal(t, eventsv1.Math_MATH_P95, asked.GetSeries()[1].GetMath())
	require.Equal(t, "ms", asked.GetSeries()[1].GetMathProperty())
	require.Equal(t, "A / B", asked.GetFormula())
	require.True(t, asked.GetCompare() && asked.GetTotalValue() && !asked.GetCumulative())
}

func TestMistakesInInsightsAreNamed(t *testing.T) {
	home(t)
	s := startServices(t)
	for want, args := range map[string][]string{
		`--window: "1"`:      {"funnel", "a", "b", "--window", "1"},
		`--order: "any"`:     {"funnel", "a", "b", "--order", "any"},
		`--unit: "team"`:     {"stickiness", "a", "--unit", "team"},
		`--where: "tool"`:    {"lifecycle", "a", "--where", "tool"},
		`--math: "mean"`:     {"trends", "a", "--math", "mean"},
		`--interval: "year"`: {"retention", "a", "--interval", "year"},
		"none of the others": {"paths", "--json", "--csv"},
	} {
		_, err := devtrail(t, at(s, append([]string{"query"}, args...)...)...)
		require.ErrorContains(t, err, want)
	}
}
