package scenario

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
)

func (w *world) retention() insight.RetentionRequest {
	w.t.Helper()
	q := w.c.Query
	asOf, err := time.Parse(time.RFC3339, q.InTest.DateTo)
	require.NoError(w.t, err)
	return insight.RetentionRequest{
		Audience: w.audience(), Target: w.matcher(q.Target), Returning: w.matcher(q.Returning), FirstTime: q.Type == "first_time",
		Interval: intervals[q.Period], Total: q.TotalIntervals, FirstDay: time.Sunday, AsOf: &asOf,
	}
}

func checkRetention(w *world) {
	var want struct {
		Matrix      [][]int64
		Starts      []time.Time
		Percent     []float64 `json:"first_row_percent"`
		Appearances []struct {
			CohortInterval int `json:"cohort_interval"`
			Person         string
			Row            []int
		}
		CohortMembers []string `json:"cohort_members"`
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	r := w.retention()
	got, err := w.engine.Retention(w.t.Context(), w.org, r)
	require.NoError(w.t, err)
	require.Equal(w.t, w.c.Query.Resolved.FirstIntervalStart, got.Rows[0].Start)
	for i, row := range want.Matrix {
		require.Equal(w.t, row, got.Rows[i].Values, "row %d", i)
	}
	for i, start := range want.Starts {
		require.Equal(w.t, start, got.Rows[i].Start, "row %d", i)
	}
	for j, percent := range want.Percent {
		require.InDelta(w.t, percent, 100*float64(got.Rows[0].Values[j])/float64(got.Rows[0].Values[0]), 0.01, "column %d", j)
	}
	places := map[int]int{} // the appearances of a row stand in order
	for _, a := range want.Appearances {
		list, err := w.engine.RetentionActors(w.t.Context(), w.org, r, a.CohortInterval, 0, 1000)
		require.NoError(w.t, err)
		place := places[a.CohortInterval]
		places[a.CohortInterval]++
		require.Equal(w.t, a.Person, w.names[list[place].Actor])
		for j, seen := range a.Row {
			require.Equal(w.t, seen == 1, list[place].Seen[j], "%s in interval %d", a.Person, j)
		}
	}
}

func (w *world) stickiness() insight.StickinessRequest {
	w.t.Helper()
	return insight.StickinessRequest{Audience: w.audience(), Period: w.resolved(), Series: w.matchers(w.c.Query.Series)}
}

func checkStickiness(w *world) {
	var want struct {
		At     map[string]int64
		Count  *int64
		Actors []string
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	r := w.stickiness()
	got, err := w.engine.Stickiness(w.t.Context(), w.org, r)
	require.NoError(w.t, err)
	var all int64
	var actors []string
	for i, n := range got.Counts[0] {
		all += n
		list, err := w.engine.StickinessActors(w.t.Context(), w.org, r, 0, i+1, everybody)
		require.NoError(w.t, err)
		require.Len(w.t, list, int(n))
		actors = append(actors, w.named(list)...)
	}
	for k, n := range want.At {
		i, err := strconv.Atoi(k)
		require.NoError(w.t, err)
		require.Equal(w.t, n, got.Counts[0][i-1], "in %s buckets", k)
	}
	if want.Count != nil {
		require.Equal(w.t, *want.Count, all)
	}
	if want.Actors != nil {
		require.ElementsMatch(w.t, want.Actors, actors)
	}
}

func (w *world) lifecycle() insight.LifecycleRequest {
	w.t.Helper()
	return insight.LifecycleRequest{Audience: w.audience(), Period: w.resolved(), Series: w.matchers(w.c.Query.Series)}
}

func checkLifecycle(w *world) {
	var want struct {
		Buckets []string
		Status  struct{ New, Returning, Resurrecting, Dormant []*int64 }
		Actors  []struct {
			Status string
			Bucket string
			IDs    []string
			Count  *int
		}
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	r := w.lifecycle()
	got, err := w.engine.Lifecycle(w.t.Context(), w.org, r)
	require.NoError(w.t, err)
	places := map[string]int{}
	require.Len(w.t, got.Buckets, len(want.Buckets))
	for b, start := range want.Buckets {
		places[start] = b
		require.Equal(w.t, w.bucket(start), got.Buckets[b])
		for _, c := range []struct {
			want []*int64
			got  int64
		}{
			{want.Status.New, got.Rows[b].New},
			{want.Status.Returning, got.Rows[b].Returning},
			{want.Status.Resurrecting, got.Rows[b].Resurrecting},
			{want.Status.Dormant, -got.Rows[b].Dormant},
		} {
			if b < len(c.want) && c.want[b] != nil {
				require.Equal(w.t, *c.want[b], c.got, start)
			}
		}
	}
	statuses := map[string]insight.Status{"new": insight.New, "returning": insight.Returning, "resurrecting": insight.Resurrecting, "dormant": insight.Dormant}
	for _, a := range want.Actors {
		list, err := w.engine.LifecycleActors(w.t.Context(), w.org, r, places[a.Bucket], statuses[a.Status], everybody)
		require.NoError(w.t, err)
		if a.IDs != nil {
			require.ElementsMatch(w.t, a.IDs, w.named(list), a.Bucket)
		}
		if a.Count != nil {
			require.Len(w.t, list, *a.Count, a.Bucket)
		}
	}
}
