package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// insightCalls are all methods of an insight.Store that may fail.
func insightCalls(ctx context.Context, store insight.Engine) map[string]error {
	org := ID("org")
	within := during("01", "02")
	question := insight.Question{Range: events.Range{Start: *within.Start, End: *within.End}, By: insight.Developers}
	matcher := of("a")
	trends := insight.TrendsQuery{Question: question, Series: []insight.Series{{Matcher: matcher, Math: insight.Total}}}
	byKey := trends
	byKey.Breakdown = byProperty(1, "p")
	retention := insight.RetentionQuery{Question: question, Intervals: []events.Range{question.Range}, Target: matcher, Returning: matcher}
	buckets := []time.Time{question.Range.Start}
	sticky := insight.StickinessQuery{Question: question, Buckets: buckets, Series: []insight.Matcher{matcher}}
	life := insight.LifecycleQuery{Question: question, Buckets: buckets, Before: buckets[0].AddDate(0, 0, -1), Matcher: matcher}
	page := insight.ActorPage{Limit: 1}

	errs := make(map[string]error)
	errs["set developer properties"] = store.SetDeveloperProperties(ctx, org, []insight.DeveloperProperties{{DeveloperID: ID("ada"), Properties: "{}", Revision: 1}})
	_, errs["trend totals"] = store.TrendTotals(ctx, org, byKey, 1)
	_, errs["trend rows"] = store.TrendRows(ctx, org, trends)
	_, errs["retention"] = store.Retention(ctx, org, retention)
	_, errs["stickiness"] = store.Stickiness(ctx, org, sticky)
	_, errs["lifecycle"] = store.Lifecycle(ctx, org, life)
	errs["sequences"] = store.Sequences(ctx, org, insight.SequenceQuery{Question: question, All: true}, func(insight.Sequence) error { return nil })
	_, _, errs["earliest"] = store.Earliest(ctx, org)
	_, errs["trend actors"] = store.TrendActors(ctx, org, trends, insight.TrendCell{Bucket: -1}, page)
	_, errs["retention actors"] = store.RetentionActors(ctx, org, retention, 0)
	_, errs["stickiness actors"] = store.StickinessActors(ctx, org, sticky, 0, 1, page)
	_, errs["cohort members"] = store.CohortMembers(ctx, org, &insight.Cohort{}, page)
	_, errs["items"] = store.Items(ctx, org, catalog.Action, catalog.Place{}, 1)
	_, errs["heads"] = store.Heads(ctx, org, catalog.Action)
	errs["put item"] = store.PutItem(ctx, org, item("a"))
	_, errs["item"] = store.Item(ctx, org, catalog.Action, ID("a"))
	_, errs["organizations"] = store.Organizations(ctx)
	_, errs["event days"] = store.EventDays(ctx, org)
	errs["occurrences"] = store.Occurrences(ctx, org, events.AllTime, func(catalog.Occurrence) error { return nil })
	_, errs["learned days"] = store.LearnedDays(ctx, org)
	errs["learn"] = store.Learn(ctx, org, []catalog.LearnedDay{{}})
	_, errs["learned"] = store.Learned(ctx, org)
	_, errs["lifecycle actors"] = store.LifecycleActors(ctx, org, life, 0, insight.New, page)
	return errs
}

// runInsightLife is what a store does before a question can be asked and after it cannot be asked any more.
func runInsightLife(t *testing.T, open OpenInsightFunc) {
	t.Run("an organization that is not known has no answers but zeros", func(t *testing.T) {
		store := open(t)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		for name, err := range insightCalls(t.Context(), store) {
			require.NoError(t, err, name)
		}
	})
	t.Run("a context that has ended is told so", func(t *testing.T) {
		store := open(t)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, err := range insightCalls(ctx, store) {
			require.ErrorIs(t, err, context.Canceled, name)
		}
	})
	t.Run("a closed store says so", func(t *testing.T) {
		store := open(t)
		require.NoError(t, store.Close())
		for name, err := range insightCalls(t.Context(), store) {
			require.ErrorIs(t, err, events.ErrStoreClosed, name)
		}
	})
}
