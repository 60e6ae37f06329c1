package scenario

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
)

type edge struct {
	Source string
	Target string
	Value  int64
	Mean   *float64 `json:"avg_ms"`
}

func checkPaths(w *world) {
	var want struct {
		Edges    []edge
		Complete bool
		Ordered  bool
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	r := insight.PathsRequest{Audience: w.audience(), Period: w.resolved(), Ways: w.ways()}
	edges, err := w.engine.Paths(w.t.Context(), w.org, r)
	require.NoError(w.t, err)
	var got []edge
	for _, e := range edges {
		mean := float64(e.Mean) / float64(time.Millisecond)
		got = append(got, edge{Source: fmt.Sprintf("%d_%s", e.Step, e.Source), Target: fmt.Sprintf("%d_%s", e.Step+1, e.Target), Value: e.Weight, Mean: &mean})
	}
	if want.Complete {
		require.Len(w.t, got, len(want.Edges), "%v", edges)
	}
	for i, e := range want.Edges {
		found := -1
		for j, g := range got {
			if g.Source == e.Source && g.Target == e.Target && (!want.Ordered || i == j) {
				found = j
			}
		}
		require.GreaterOrEqual(w.t, found, 0, "no edge %v in %v", e, edges)
		require.Equal(w.t, e.Value, got[found].Value, "%v", e)
		if e.Mean != nil {
			require.InEpsilon(w.t, *e.Mean, *got[found].Mean, 1e-9, "%v", e)
		}
	}
}

// ways are the options of a path. A type of page or screen is labelled by its property.
func (w *world) ways() insight.PathsQuery {
	w.t.Helper()
	q := w.c.Query
	ways := insight.PathsQuery{
		Gap: time.Duration(q.SessionGapMinutes * float64(time.Minute)), StepLimit: q.StepLimit, Start: q.Start, End: q.End,
		Groupings: q.Groupings, Exclude: q.Exclude, MinWeight: q.MinEdgeWeight, MaxWeight: q.MaxEdgeWeight, EdgeLimit: q.EdgeLimit,
	}
	for _, kind := range q.PathTypes {
		ways.Sources = append(ways.Sources, map[string]insight.PathSource{
			"$pageview": {Name: "$pageview", Property: "$current_url"}, "$screen": {Name: "$screen", Property: "$screen_name"}, "custom_event": {},
		}[kind])
	}
	for _, name := range q.IncludeEvents {
		ways.Sources = append(ways.Sources, insight.PathSource{Name: name})
	}
	for _, c := range q.Cleaning {
		pattern, err := insight.NewPattern("cleaning", c.Regex)
		require.NoError(w.t, err)
		ways.Cleaning = append(ways.Cleaning, insight.Cleaning{Pattern: pattern, Alias: c.Alias})
	}
	return ways
}
