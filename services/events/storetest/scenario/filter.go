package scenario

import (
	"encoding/json"
	"slices"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// checkFilter asks which events pass, by projects, so that the events of nobody are seen as well.
func checkFilter(w *world) {
	var want struct {
		Matching []string `json:"matching_event_ids"`
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	refused, _ := w.c.devtrail()
	filters, err := w.filters(w.c.Query.Filters)
	if refused == "INVALID_ARGUMENT" {
		require.ErrorIs(w.t, err, fault.Invalid)
		return
	}
	require.NoError(w.t, err)
	matcher := insight.Matcher{{}}
	if w.c.Query.AnyOf != nil {
		matcher = nil
		for _, s := range w.c.Query.AnyOf {
			matcher = append(matcher, insight.Alternative{Name: s.Event, Properties: w.must(s.Filters)})
		}
	}
	q := insight.SequenceQuery{
		Question: insight.Question{Range: events.AllTime, Properties: filters, By: insight.Projects}, Matchers: []insight.Matcher{matcher},
	}
	got := []string{}
	require.NoError(w.t, w.store.Sequences(w.t.Context(), w.org, q, func(s insight.Sequence) error {
		for _, row := range s.Rows {
			got = append(got, w.eventID[row.ID])
		}
		return nil
	}))
	require.ElementsMatch(w.t, want.Matching, got)
	w.machinesMatch(filters, matcher, want.Matching)
}

// machinesMatch asks the engine for the same events, each of which is the only one of its machine.
func (w *world) machinesMatch(filters []insight.PropertyFilter, matcher insight.Matcher, want []string) {
	w.t.Helper()
	r := insight.TrendsRequest{
		Audience: insight.Audience{Properties: filters, By: insight.Machines}, TotalValue: true,
		Period: insight.Period{Start: &events.MinTime, End: &events.MaxTime, Interval: events.Month}, Series: []insight.Series{{Matcher: matcher, Math: insight.UniqueActors}},
	}
	machines, err := w.engine.TrendActors(w.t.Context(), w.org, r, insight.TrendsCell{TrendCell: insight.TrendCell{Bucket: -1}}, everybody)
	require.NoError(w.t, err)
	got := []string{}
	for i, e := range w.c.Events {
		if slices.Contains(machines, machine(i)) {
			got = append(got, e.ID)
		}
	}
	require.ElementsMatch(w.t, want, got)
}
