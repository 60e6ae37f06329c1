package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

var (
	week   = eventsv1.Interval_INTERVAL_WEEK
	starts = []*timestamppb.Timestamp{timestamppb.New(start), timestamppb.New(start.AddDate(0, 0, 7))}

	funnel = &eventsv1.QueryFunnelResponse{Rows: []*eventsv1.FunnelRow{{Steps: []*eventsv1.FunnelStep{
		{Count: 4}, {Count: 2, MeanSeconds: new(90.5), MedianSeconds: new(90.0)}, {},
	}}}}
	retention = &eventsv1.QueryRetentionResponse{Rows: []*eventsv1.RetentionRow{
		{Start: starts[0], Size: 4, Values: []int64{4, 1}}, {Start: starts[1], Values: []int64{0}},
	}}
	stickiness = &eventsv1.QueryStickinessResponse{Buckets: starts, Rows: []*eventsv1.StickinessRow{{Counts: []int64{2, 1}}}}
	lifecycle  = &eventsv1.QueryLifecycleResponse{
		Buckets: starts, New: []int64{1, 0}, Returning: []int64{0, 2}, Resurrecting: []int64{3, 0}, Dormant: []int64{0, -1},
	}
	paths = &eventsv1.QueryPathsResponse{Edges: []*eventsv1.PathEdge{
		{SourceStep: 1, Source: "a", Target: "b", Weight: 3, MeanMs: 1500},
		{SourceStep: 2, Source: "b", Target: "c\x1b", Weight: 2, MeanMs: 60000},
		{SourceStep: 1, Source: "x", Target: "b", Weight: 1},
	}}
)

func text(t *testing.T, written func(w *strings.Builder) error) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, written(&out))
	return out.String()
}

func TestInsightsForPeople(t *testing.T) {
	require.Equal(t, `STEP        ACTORS  OF ALL  OF STEP BEFORE  MEDIAN TIME
0     seen  4       100%                                 ########################################
1     done  2       50%     50%             1m30s        ####################
2     told  0       0%      0%
`, text(t, func(w *strings.Builder) error { return render.Funnel(w, funnel, []string{"seen", "done", "told"}) }))
	require.Equal(t, `START       SIZE  0       1
2024-05-06  4     @ 100%  : 25%
2024-05-13  0       0%
`, text(t, func(w *strings.Builder) error { return render.Retention(w, retention, week, time.UTC) }))
	require.Equal(t, `ACTIVE IN  ACTORS
1          2       ########################################
2          1       ####################
`, text(t, func(w *strings.Builder) error { return render.Stickiness(w, stickiness) }))
	require.Equal(t, `bucket      new  returning  resurrecting  dormant
2024-05-06  1    0          3             0
2024-05-13  0    2          0             -1
`, text(t, func(w *strings.Builder) error { return render.Lifecycle(w, lifecycle, week, time.UTC) }))
	require.Equal(t, `a
  b  3 times, after 1.5s
    c?  2 times, after 1m0s
x
  b  1 times, after 0s
`, text(t, func(w *strings.Builder) error { return render.Paths(w, paths) }))
	require.Equal(t, "No paths.\n", text(t, func(w *strings.Builder) error { return render.Paths(w, &eventsv1.QueryPathsResponse{}) }))
}

func TestInsightsAsCSV(t *testing.T) {
	value := func(parts ...*string) *eventsv1.BreakdownKey {
		v := &eventsv1.BreakdownValue{}
		for _, p := range parts {
			v.Parts = append(v.Parts, &eventsv1.BreakdownPart{Text: p})
		}
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Value{Value: v}}
	}
	trends := &eventsv1.QueryTrendsResponse{Buckets: starts[:1], PreviousBuckets: starts[1:], Rows: []*eventsv1.TrendRow{
		{Values: []float64{1.5}, Breakdown: value(new("a,b"), nil)},
		{Values: []float64{2}, Breakdown: &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Missing{}}},
		{Values: []float64{3}, Breakdown: &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Other{}}},
		{Values: []float64{4}, Breakdown: &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Cohort{Cohort: 1}}, Period: eventsv1.TrendPeriod_TREND_PERIOD_PREVIOUS},
	}}
	for want, answer := range map[string]any{
		`series,breakdown,period,bucket,value
0,"a,b, (missing)",current,2024-05-06,1.5
0,(missing),current,2024-05-06,2
0,(other),current,2024-05-06,3
0,cohort 1,previous,2024-05-13,4
`: trends,
		"breakdown,step,actors,mean_seconds,median_seconds\n,0,4,,\n,1,2,90.5,90\n,2,0,,\n":      funnel,
		"start,interval,actors\n2024-05-06,0,4\n2024-05-06,1,1\n2024-05-13,0,0\n":                retention,
		"series,intervals,actors\n0,1,2\n0,2,1\n":                                                stickiness,
		"bucket,new,returning,resurrecting,dormant\n2024-05-06,1,0,3,0\n2024-05-13,0,2,0,-1\n":   lifecycle,
		"source_step,source,target,weight,mean_ms\n1,a,b,3,1500\n2,b,c\x1b,2,60000\n1,x,b,1,0\n": paths,
	} {
		require.Equal(t, want, text(t, func(w *strings.Builder) error { return render.CSV(w, answer, week, time.UTC) }))
	}
	require.Error(t, render.CSV(&strings.Builder{}, 1, week, time.UTC))
}
