package answer_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/memory"
)

var (
	org    = uuid.UUID{1}
	opened = insight.Matcher{{Name: "opened"}}
	page   = insight.ActorPage{Limit: 10}
)

func setup(t *testing.T) *answer.Engine {
	t.Helper()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return answer.New(store, func() time.Time { return time.Date(2026, 5, 8, 10, 0, 0, 0, time.UTC) })
}

// refused demands a fault of kind Invalid for a field.
func refused(t *testing.T, err error, field string) {
	t.Helper()
	require.ErrorIs(t, err, fault.Invalid, field)
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	require.Equal(t, field, f.FieldPath())
}

func TestTrendCellsThatAreNotInTheAnswer(t *testing.T) {
	t.Parallel()
	e := setup(t)
	key := insight.NewKey(insight.Part{Text: "a"})
	plain := insight.TrendsRequest{Series: []insight.Series{{Matcher: opened, Math: insight.UniqueActors}}}
	formula := plain
	formula.Formula = "A"
	for field, c := range map[string]struct {
		r    insight.TrendsRequest
		cell insight.TrendsCell
	}{
		"formula":        {formula, insight.TrendsCell{}},
		"cell.period":    {plain, insight.TrendsCell{Previous: true}},
		"cell.series":    {plain, insight.TrendsCell{TrendCell: insight.TrendCell{Series: 1}}},
		"cell.bucket":    {plain, insight.TrendsCell{TrendCell: insight.TrendCell{Bucket: 8}}},
		"cell.breakdown": {plain, insight.TrendsCell{TrendCell: insight.TrendCell{Key: &key}}},
	} {
		_, err := e.TrendActors(t.Context(), org, c.r, c.cell, page)
		refused(t, err, field)
	}
}

func TestFunnelCellsThatAreNotInTheAnswer(t *testing.T) {
	t.Parallel()
	e := setup(t)
	key := insight.NewKey(insight.Part{Text: "a"})
	steps := insight.FunnelRequest{Steps: []insight.Matcher{opened, opened}}
	byTime, byDuration := steps, steps
	byTime.View, byTime.Interval, byDuration.View = insight.FunnelTrends, events.Day, insight.TimeToConvert
	for _, c := range []struct {
		field string
		r     insight.FunnelRequest
		cell  insight.FunnelCell
	}{
		{"cell.step", steps, insight.FunnelCell{Step: 2}},
		{"cell.step", steps, insight.FunnelCell{Step: 0, Standing: insight.Dropped}},
		{"cell.standing", steps, insight.FunnelCell{Standing: insight.Entered}},
		{"cell.standing", byTime, insight.FunnelCell{Standing: 9}},
		{"cell.bucket", byTime, insight.FunnelCell{Bucket: 8}},
		{"cell.bin", byDuration, insight.FunnelCell{Bin: -1}},
		{"cell.bin", byDuration, insight.FunnelCell{}}, // nobody converted
		{"cell.standing", byDuration, insight.FunnelCell{Standing: insight.Dropped}},
		{"cell.breakdown", steps, insight.FunnelCell{Key: &key}},
	} {
		_, err := e.FunnelActors(t.Context(), org, c.r, c.cell, page)
		refused(t, err, c.field)
	}
}

func TestOtherCellsThatAreNotInTheAnswer(t *testing.T) {
	t.Parallel()
	e := setup(t)
	retention := insight.RetentionRequest{Target: opened, Returning: opened, Total: 3}
	_, err := e.RetentionActors(t.Context(), org, retention, 3, 0, 10)
	refused(t, err, "cell.interval")
	early := time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	retention.AsOf = &early
	_, err = e.Retention(t.Context(), org, retention)
	refused(t, err, "as_of")
	sticky := insight.StickinessRequest{Series: []insight.Matcher{opened}}
	_, err = e.StickinessActors(t.Context(), org, sticky, 1, 1, page)
	refused(t, err, "cell.series")
	_, err = e.StickinessActors(t.Context(), org, sticky, 0, 9, page)
	refused(t, err, "cell.intervals")
	life := insight.LifecycleRequest{Series: []insight.Matcher{opened}}
	_, err = e.LifecycleActors(t.Context(), org, life, 8, insight.New, page)
	refused(t, err, "cell.bucket")
	_, err = e.LifecycleActors(t.Context(), org, life, 0, 5, page)
	refused(t, err, "cell.status")
}

func TestLongRangesOfAnswersWithoutBuckets(t *testing.T) {
	t.Parallel()
	e := setup(t)
	ages := insight.Period{From: "1970-01-01"}
	_, err := e.Funnel(t.Context(), org, insight.FunnelRequest{Period: ages, Steps: []insight.Matcher{opened}})
	require.NoError(t, err)
	_, err = e.Paths(t.Context(), org, insight.PathsRequest{Period: ages, Ways: insight.PathsQuery{Sources: []insight.PathSource{{}}}})
	require.NoError(t, err)
	_, err = e.Trends(t.Context(), org, insight.TrendsRequest{Period: ages, Series: []insight.Series{{Matcher: opened, Math: insight.Total}}})
	refused(t, err, "range")
}
