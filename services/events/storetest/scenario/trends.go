package scenario

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
)

var maths = map[string]insight.Math{
	"": insight.Total, "total": insight.Total, "dau": insight.UniqueActors, "unique_actors": insight.UniqueActors,
	"weekly_active": insight.WeeklyActive, "monthly_active": insight.MonthlyActive, "sum": insight.Sum, "avg": insight.Average, "min": insight.Minimum,
	"max": insight.Maximum, "median": insight.Median, "p75": insight.P75, "p90": insight.P90, "p95": insight.P95, "p99": insight.P99,
}

type trendsAnswer struct {
	Series          []trendsRow
	SeriesCount     *int                `json:"series_count"`
	BreakdownValues map[string][]string `json:"breakdown_values"`
	Include         map[string][]string `json:"breakdown_values_include"`
	Tolerance       float64
}

type trendsRow struct {
	Series    int
	Breakdown *texts
	Period    string
	Buckets   []string
	Data      []float64
	At        map[string]float64
	Sum       *float64
	Total     *float64
	IndexOf   map[string]int `json:"index_of"`
	Actors    []string
}

// trendsRequest is the question, without a period.
func (w *world) trendsRequest() insight.TrendsRequest {
	w.t.Helper()
	r := insight.TrendsRequest{
		Audience: w.audience(), Breakdown: w.breakdown(), Formula: w.c.Query.Formula,
		Cumulative: w.c.Query.Cumulative, Compare: w.c.Query.Compare, TotalValue: w.c.Query.Result == "total_value",
	}
	for _, s := range w.c.Query.Series {
		math, known := maths[s.Math]
		require.True(w.t, known, s.Math)
		r.Series = append(r.Series, insight.Series{Matcher: w.matcher(s), Math: math, Property: s.MathProperty})
	}
	return r
}

func checkTrends(w *world) {
	r := w.trendsRequest()
	for name, period := range w.periods() {
		r.Period = period
		got, err := w.engine.Trends(w.t.Context(), w.org, r)
		require.NoError(w.t, err, name)
		var expected, derived trendsAnswer
		require.NoError(w.t, json.Unmarshal(w.c.Expected, &expected))
		w.trendsMeet(name, r, got, expected)
		if name == "resolved" && w.c.Derived != nil {
			require.NoError(w.t, json.Unmarshal(w.c.Derived, &derived))
			require.Len(w.t, got.Rows, len(derived.Series), "rows")
			for i, want := range derived.Series {
				row := got.Rows[i]
				require.Equal(w.t, want.Series, row.Series, "row %d", i)
				require.Equal(w.t, want.Breakdown.text(), w.label(row.Key), "row %d", i)
				w.rowMeets("derived", r, got, row, want, 0)
			}
		}
	}
}

func (s *texts) text() string {
	if s == nil {
		return ""
	}
	return s.label()
}

func (w *world) trendsMeet(name string, r insight.TrendsRequest, got insight.TrendsAnswer, want trendsAnswer) {
	w.t.Helper()
	for _, row := range want.Series {
		i := slices.IndexFunc(got.Rows, func(g insight.TrendsRow) bool {
			return g.Series == row.Series && g.Previous == (row.Period == "previous") && (row.Breakdown == nil || row.Breakdown.text() == w.label(g.Key))
		})
		require.GreaterOrEqual(w.t, i, 0, "%s: no row %v in %v", name, row.Breakdown, got.Rows)
		w.rowMeets(name, r, got, got.Rows[i], row, want.Tolerance)
	}
	if want.SeriesCount != nil {
		rows := slices.DeleteFunc(slices.Clone(got.Rows), func(g insight.TrendsRow) bool { return g.Key != nil && g.Key.Kind == insight.OtherKey })
		require.Len(w.t, rows, *want.SeriesCount, name)
	}
	labels := make(map[string][]string)
	for _, g := range got.Rows {
		series := string(rune('0' + g.Series))
		labels[series] = append(labels[series], w.label(g.Key))
	}
	for series, values := range want.BreakdownValues {
		require.ElementsMatch(w.t, values, labels[series], name)
	}
	for series, values := range want.Include {
		require.Subset(w.t, labels[series][:min(20, len(labels[series]))], values, name)
	}
}

func (w *world) rowMeets(name string, r insight.TrendsRequest, answer insight.TrendsAnswer, got insight.TrendsRow, want trendsRow, tolerance float64) {
	w.t.Helper()
	near := func(want, got float64, what string) {
		w.t.Helper()
		require.InDelta(w.t, want, got, max(tolerance, 1e-9*math.Abs(want)), "%s: %s", name, what)
	}
	buckets := answer.Buckets
	if got.Previous {
		buckets = answer.Previous
	}
	if want.Buckets != nil {
		var starts []time.Time
		for _, b := range want.Buckets {
			starts = append(starts, w.bucket(b))
		}
		require.Equal(w.t, starts, buckets, name)
	}
	place := func(bucket string) int {
		return slices.IndexFunc(buckets, w.bucket(bucket).Equal)
	}
	if want.Data != nil {
		require.Len(w.t, got.Values, len(want.Data), name)
		for i, v := range want.Data {
			near(v, got.Values[i], want.text(i))
		}
	}
	for bucket, v := range want.At {
		require.GreaterOrEqual(w.t, place(bucket), 0, "%s: %s in %v", name, bucket, buckets)
		near(v, got.Values[place(bucket)], bucket)
	}
	for bucket, i := range want.IndexOf {
		require.Equal(w.t, i, place(bucket), "%s: %s", name, bucket)
	}
	sum := got.Total
	if !r.TotalValue {
		sum = 0
		for _, v := range got.Values {
			sum += v
		}
	}
	if want.Sum != nil {
		near(*want.Sum, sum, "sum")
	}
	if want.Total != nil {
		near(*want.Total, sum, "total")
	}
	if want.Actors != nil {
		cell := insight.TrendsCell{TrendCell: insight.TrendCell{Series: got.Series, Key: got.Key, Bucket: -1}, Previous: got.Previous}
		actors, err := w.engine.TrendActors(w.t.Context(), w.org, r, cell, everybody)
		require.NoError(w.t, err)
		require.ElementsMatch(w.t, want.Actors, w.named(actors), name)
	}
}

func (r trendsRow) text(i int) string {
	if i < len(r.Buckets) {
		return r.Buckets[i]
	}
	return "value"
}
