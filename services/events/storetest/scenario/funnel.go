package scenario

import (
	"encoding/json"
	"slices"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/insight"
)

type funnelAnswer struct {
	Steps           []funnelStep
	Breakdowns      []funnelRow
	Complete        bool
	BreakdownValues []string `json:"breakdown_values"`
	Periods         []funnelPeriod
	PeriodCount     *int `json:"period_count"`
	Bins            [][2]int64
	Average         *float64 `json:"average_s"`
	Error           string
}

type funnelRow struct {
	Value texts
	Steps []funnelStep
}

type funnelStep struct {
	Count  *int64
	Actors []string
	Mean   json.RawMessage `json:"avg_conversion_s"`
	Median json.RawMessage `json:"median_conversion_s"`
}

type funnelPeriod struct {
	Start           string
	Entered         int64
	Converted       int64
	Rate            float64
	ConvertedActors []string `json:"converted_actors"`
	DroppedActors   []string `json:"dropped_actors"`
}

func checkFunnel(w *world) {
	var want funnelAnswer
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	for name, period := range w.periods() {
		r := w.funnel()
		r.Period = period
		if want.Error != "" {
			w.refusesExclusions(r)
			continue
		}
		got, err := w.engine.Funnel(w.t.Context(), w.org, r)
		require.NoError(w.t, err, name)
		w.funnelMeets(name, r, got, want)
	}
}

func (w *world) funnel() insight.FunnelRequest {
	w.t.Helper()
	q := w.c.Query
	r := insight.FunnelRequest{
		Audience: w.audience(), Steps: w.matchers(q.Steps), Breakdown: w.breakdown(), FromStep: q.FromStep, ToStep: q.ToStep, BinCount: q.BinCount,
		Order: map[string]insight.Order{"": 0, "ordered": insight.Ordered, "strict": insight.Strict, "unordered": insight.Unordered}[q.Order],
		View:  map[string]insight.FunnelView{"": 0, "trends": insight.FunnelTrends, "time_to_convert": insight.TimeToConvert}[q.Viz],
		Window: insight.Window{Value: q.Window.Value, Unit: map[string]insight.WindowUnit{
			"": 0, "minute": insight.WindowMinute, "hour": insight.WindowHour, "day": insight.WindowDay, "week": insight.WindowWeek, "month": insight.WindowMonth,
		}[q.Window.Unit]},
	}
	for _, x := range q.Exclusions {
		r.Exclusions = append(r.Exclusions, insight.Exclusion{Matcher: w.matcher(x), From: x.FromStep, To: x.ToStep})
	}
	if q.Breakdown != nil {
		r.Attribution = map[string]insight.Attribution{
			"": 0, "first_touch": insight.FirstTouch, "last_touch": insight.LastTouch, "step": insight.AtStep, "all_steps": insight.AllSteps,
		}[q.Breakdown.Attribution]
	}
	return r
}

// refusesExclusions puts each of the invalid exclusions in as the only one.
func (w *world) refusesExclusions(r insight.FunnelRequest) {
	w.t.Helper()
	for i, x := range w.c.Query.ExclusionsInvalid {
		if x.Event == "" {
			x.Event = "excluded"
		}
		r.Exclusions = []insight.Exclusion{{Matcher: w.matcher(x), From: x.FromStep, To: x.ToStep}}
		_, err := w.engine.Funnel(w.t.Context(), w.org, r)
		require.ErrorIs(w.t, err, fault.Invalid, "exclusion %d", i)
	}
}

func (w *world) funnelMeets(name string, r insight.FunnelRequest, got insight.FunnelAnswer, want funnelAnswer) {
	w.t.Helper()
	if want.Steps != nil {
		require.Len(w.t, got.Rows, 1, name)
		w.stepsMeet(name, r, got.Rows[0], want.Steps)
	}
	var labels []string
	for _, row := range got.Rows {
		labels = append(labels, w.label(row.Key))
	}
	for _, row := range want.Breakdowns {
		i := slices.Index(labels, row.Value.label())
		require.GreaterOrEqual(w.t, i, 0, "%s: no row %v in %v", name, row.Value, labels)
		w.stepsMeet(name, r, got.Rows[i], row.Steps)
	}
	if want.Complete {
		require.Len(w.t, labels, len(want.Breakdowns), name)
	}
	if want.BreakdownValues != nil {
		require.ElementsMatch(w.t, want.BreakdownValues, labels, name)
	}
	if want.PeriodCount != nil {
		require.Len(w.t, got.Buckets, *want.PeriodCount, name)
		require.Len(w.t, got.Rows[0].Periods, *want.PeriodCount, name)
	}
	for _, p := range want.Periods {
		w.periodMeets(name, r, got, p)
	}
	if want.Bins != nil {
		var bins [][2]int64
		for _, b := range got.Rows[0].Bins {
			bins = append(bins, [2]int64{b.FromSeconds, b.Actors})
		}
		require.Equal(w.t, want.Bins, bins, name)
	}
	if want.Average != nil {
		require.InDelta(w.t, *want.Average, *got.Rows[0].MeanSeconds, 1e-9, name)
	}
}

func (w *world) stepsMeet(name string, r insight.FunnelRequest, got insight.FunnelRow, want []funnelStep) {
	w.t.Helper()
	require.GreaterOrEqual(w.t, len(got.Steps), len(want), name)
	for k, step := range want {
		if step.Count != nil {
			require.Equal(w.t, *step.Count, got.Steps[k].Count, "%s: step %d of %v", name, k, w.label(got.Key))
		}
		if step.Actors != nil {
			require.ElementsMatch(w.t, step.Actors, w.funnelActors(r, insight.FunnelCell{Key: got.Key, Step: k}), "%s: step %d", name, k)
		}
		w.secondsMeet(name, got.Steps[k].MeanSeconds, step.Mean)
		w.secondsMeet(name, got.Steps[k].MedianSeconds, step.Median)
	}
}

// secondsMeet compares a time; null demands that there is none.
func (w *world) secondsMeet(name string, got *float64, want json.RawMessage) {
	w.t.Helper()
	if want == nil {
		return
	}
	var seconds *float64
	require.NoError(w.t, json.Unmarshal(want, &seconds))
	if seconds == nil {
		require.Nil(w.t, got, name)
		return
	}
	require.NotNil(w.t, got, name)
	require.InDelta(w.t, *seconds, *got, 1e-9, name)
}

func (w *world) periodMeets(name string, r insight.FunnelRequest, got insight.FunnelAnswer, want funnelPeriod) {
	w.t.Helper()
	b := slices.IndexFunc(got.Buckets, w.bucket(want.Start).Equal)
	require.GreaterOrEqual(w.t, b, 0, "%s: %s", name, want.Start)
	p := got.Rows[0].Periods[b]
	require.Equal(w.t, want.Entered, p.Entered, "%s: %s", name, want.Start)
	require.Equal(w.t, want.Converted, p.Converted, "%s: %s", name, want.Start)
	require.InDelta(w.t, want.Rate, p.Rate, 1e-9, "%s: %s", name, want.Start)
	if want.ConvertedActors != nil {
		require.ElementsMatch(w.t, want.ConvertedActors, w.funnelActors(r, insight.FunnelCell{Bucket: b}), name)
	}
	if want.DroppedActors != nil {
		require.ElementsMatch(w.t, want.DroppedActors, w.funnelActors(r, insight.FunnelCell{Bucket: b, Standing: insight.Dropped}), name)
	}
}

func (w *world) funnelActors(r insight.FunnelRequest, cell insight.FunnelCell) []string {
	w.t.Helper()
	actors, err := w.engine.FunnelActors(w.t.Context(), w.org, r, cell, everybody)
	require.NoError(w.t, err)
	return w.named(actors)
}
