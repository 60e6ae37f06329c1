package scenario

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// checkCohort lets every person do one thing more, long before everything else, and asks which of them are members.
func checkCohort(w *world) {
	var want struct{ Members []string }
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	const probe = "cohort.probed"
	var batch []events.Event
	for distinct, owner := range w.owners {
		e, err := events.Event{
			ID: storetest.ID("probe " + distinct), Name: probe, OccurredAt: events.MinTime, Actor: identity(distinct), DeveloperID: owner,
			Source: events.Source{Kind: events.SourceSDK},
		}.Canonical(events.MinTime)
		require.NoError(w.t, err)
		batch = append(batch, e)
	}
	_, err := w.store.Append(w.t.Context(), w.org, batch)
	require.NoError(w.t, err)
	in, err := insight.NewCohortFilter("filters[0]", insight.In, w.cohort(w.c.Query.Cohort))
	require.NoError(w.t, err)
	end := events.MinTime.Add(time.Hour)
	r := insight.TrendsRequest{
		Audience: insight.Audience{Properties: []insight.PropertyFilter{in}}, Period: insight.Period{Start: &events.MinTime, End: &end, Interval: events.Hour},
		Series: []insight.Series{{Matcher: insight.Matcher{{Name: probe}}, Math: insight.UniqueActors}},
	}
	members, err := w.engine.TrendActors(w.t.Context(), w.org, r, insight.TrendsCell{TrendCell: insight.TrendCell{Bucket: -1}}, everybody)
	require.NoError(w.t, err)
	require.ElementsMatch(w.t, want.Members, w.named(members))
}
