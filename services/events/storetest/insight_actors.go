package storetest

import (
	"errors"
	"slices"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var actorCases = []insightCase{
	{"the actors behind a trend, in pages", trendActors},
	{"the actors behind a funnel: who reached a step, who was lost", funnelActors},
	{"the actors behind retention, stickiness, lifecycle and paths", activityActors},
	{"sequences come once for each actor and end when they are told to", sequenceYield},
}

var everybody = insight.ActorPage{Limit: 100}

// sorted names in the order of the developers' texts.
func sorted(names ...string) string {
	slices.SortFunc(names, func(a, b string) int { return events.CompareID(ID(a), ID(b)) })
	var list []string
	for _, n := range names {
		list = append(list, ID(n).String())
	}
	return people(list)
}

func trendActors(s *story) {
	s.tell(`ada a 01 10:00 {"p":"x","n":1}`, `ada a 01 11:00 {"p":"y"}`, `bo a 01 10:00 {"p":"y"}`, `bo a 02 10:00 {"p":"z"}`, "cy a 02 10:00", `nobody a 01 10:00 {"p":"x","n":1}`)
	r := insight.TrendsRequest{Period: during("01", "02"), Breakdown: byProperty(1, "p"), Series: []insight.Series{series("a", insight.Total), series("a", insight.Sum, "n")}}
	ask := func(cell insight.TrendsCell, page insight.ActorPage) string {
		list, err := s.engine.TrendActors(s.t.Context(), s.org, r, cell, page)
		require.NoError(s.t, err)
		return people(list)
	}
	at := func(key insight.Key, bucket, series int) insight.TrendsCell {
		return insight.TrendsCell{TrendCell: insight.TrendCell{Series: series, Key: &key, Bucket: bucket}}
	}
	x := insight.NewKey(insight.Part{Text: "x"})
	require.Equal(s.t, sorted("ada"), ask(at(x, -1, 0), everybody))
	require.Equal(s.t, sorted("ada", "bo", "cy"), ask(at(insight.Other, -1, 0), everybody))
	require.Equal(s.t, sorted("bo", "cy"), ask(at(insight.Other, 1, 0), everybody))
	require.Equal(s.t, sorted("ada"), ask(at(x, 0, 1), everybody))
	require.Empty(s.t, ask(at(insight.Other, 0, 1), everybody))
	all := sorted("ada", "bo", "cy")
	r.Breakdown = nil
	whole := insight.TrendsCell{TrendCell: insight.TrendCell{Bucket: -1}}
	require.Equal(s.t, all, ask(whole, everybody))
	var paged []string
	page := insight.ActorPage{Limit: 1}
	for {
		list, err := s.engine.TrendActors(s.t.Context(), s.org, r, whole, page)
		require.NoError(s.t, err)
		if len(list) == 0 {
			break
		}
		paged, page.After = append(paged, list...), list[len(list)-1]
	}
	require.Equal(s.t, all, people(paged))
}

func funnelActors(s *story) {
	s.tell(`ada a 01 10:00 {"p":"x"}`, "ada b 01 11:00", `bo a 01 10:00 {"p":"y"}`, `cy a 02 10:00 {"p":"x"}`, "cy b 02 10:10")
	r := insight.FunnelRequest{Period: unbucketed(during("01", "02")), Steps: ofEach("a", "b")}
	ask := func(cell insight.FunnelCell) string {
		list, err := s.engine.FunnelActors(s.t.Context(), s.org, r, cell, everybody)
		require.NoError(s.t, err)
		return people(list)
	}
	require.Equal(s.t, sorted("ada", "bo", "cy"), ask(insight.FunnelCell{Step: 0}))
	require.Equal(s.t, sorted("ada", "cy"), ask(insight.FunnelCell{Step: 1}))
	require.Equal(s.t, sorted("bo"), ask(insight.FunnelCell{Step: 1, Standing: insight.Dropped}))
	r.View, r.Interval = insight.FunnelTrends, events.Day
	require.Equal(s.t, sorted("ada", "bo"), ask(insight.FunnelCell{Bucket: 0, Standing: insight.Entered}))
	require.Equal(s.t, sorted("ada"), ask(insight.FunnelCell{Bucket: 0}))
	require.Equal(s.t, sorted("bo"), ask(insight.FunnelCell{Bucket: 0, Standing: insight.Dropped}))
	r.View, r.Interval, r.BinCount = insight.TimeToConvert, 0, 2
	require.Equal(s.t, sorted("cy"), ask(insight.FunnelCell{Bin: 0}))
	require.Equal(s.t, sorted("ada"), ask(insight.FunnelCell{Bin: 2}))
	r.View, r.Breakdown = insight.FunnelSteps, byProperty(1, "p")
	x := insight.NewKey(insight.Part{Text: "x"})
	require.Equal(s.t, sorted("ada", "cy"), ask(insight.FunnelCell{Key: &x}))
	require.Equal(s.t, sorted("bo"), ask(insight.FunnelCell{Key: &insight.Key{Kind: insight.OtherKey}}))
}

func activityActors(s *story) {
	s.tell(viewed("ada", "/1", "01 10:00"), viewed("ada", "/2", "01 10:10"), viewed("bo", "/1", "01 10:00"), viewed("bo", "/2", "02 10:00"), viewed("cy", "/1", "02 10:00"))
	ctx, view := s.t.Context(), of("page.viewed")
	asOf := day("2026-05-03")
	list, err := s.engine.RetentionActors(ctx, s.org, insight.RetentionRequest{Target: view, Returning: view, Total: 3, AsOf: &asOf}, 0, 0, 10)
	require.NoError(s.t, err)
	require.Equal(s.t, []insight.Appearances{{Actor: ID("bo").String(), Seen: []bool{true, true, false}}, {Actor: ID("ada").String(), Seen: []bool{true, false, false}}}, list)
	sticky := insight.StickinessRequest{Period: during("01", "02"), Series: []insight.Matcher{view}}
	once, err := s.engine.StickinessActors(ctx, s.org, sticky, 0, 1, everybody)
	require.NoError(s.t, err)
	require.Equal(s.t, sorted("ada", "cy"), people(once))
	life := insight.LifecycleRequest{Period: during("01", "02"), Series: []insight.Matcher{view}}
	for status, want := range map[insight.Status]string{insight.New: sorted("cy"), insight.Returning: sorted("bo"), insight.Dormant: sorted("ada"), insight.Resurrecting: ""} {
		got, err := s.engine.LifecycleActors(ctx, s.org, life, 1, status, everybody)
		require.NoError(s.t, err)
		require.Equal(s.t, want, people(got), "status %d", status)
	}
	ways := insight.PathsRequest{Period: during("01", "02"), Ways: insight.PathsQuery{Sources: byPath}}
	took, err := s.engine.PathActors(ctx, s.org, ways, insight.Edge{Step: 1, Source: "/1", Target: "/2"}, everybody)
	require.NoError(s.t, err)
	require.Equal(s.t, sorted("ada"), people(took))
}

func sequenceYield(s *story) {
	s.tell("ada a 01 10:00", "bo a 01 10:00", "ada a 01 10:00", "ada b 01 09:00", "cy b 01 10:00", "nobody a 01 10:00")
	q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, By: insight.Developers}, Matchers: []insight.Matcher{of("a"), {{}}}}
	counts := map[string]int{}
	require.NoError(s.t, s.store.Sequences(s.t.Context(), s.org, q, func(seq insight.Sequence) error {
		counts[seq.Actor] += len(seq.Rows)
		require.True(s.t, slices.IsSortedFunc(seq.Rows, func(a, b insight.Row) int {
			return events.Event{OccurredAt: a.At, ID: a.ID}.Compare(events.Event{OccurredAt: b.At, ID: b.ID})
		}))
		return nil
	}))
	require.Equal(s.t, map[string]int{ID("ada").String(): 3, ID("bo").String(): 1, ID("cy").String(): 1}, counts)
	enough := errors.New("enough")
	calls := 0
	require.ErrorIs(s.t, s.store.Sequences(s.t.Context(), s.org, q, func(insight.Sequence) error {
		calls++
		return enough
	}), enough)
	require.Equal(s.t, 1, calls)
}
