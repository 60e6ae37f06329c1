package clickhouse

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
	"devtrail.dev/services/events/internal/memory"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// answering is a store of events that answers insights.
type answering interface {
	events.Store
	insight.Store
}

// pair is this store and memory with the same events.
type pair struct {
	world
	t      *testing.T
	store  *Store
	memory *memory.Store
}

func newPair(t *testing.T, seed uint64) *pair {
	p := &pair{world: world{rand.New(rand.NewPCG(seed, 1))}, t: t, memory: memory.New(time.Now), store: reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))}
	p.fill(t, 300, p.memory, p.store)
	return p
}

// A run asks so many questions of each kind, the same in every run unless the flags say otherwise.
var (
	seed      = flag.Uint64("seed", 1, "of the random events and questions")
	questions = flag.Int("questions", 24, "how many random questions of each kind are asked")
)

// same compares answers: numbers that are not counts may differ by 1e-9 of their size, and no rows may be nil or empty.
func same[T any](p *pair, q any, ask func(answering) (T, error)) {
	p.t.Helper()
	want, err := ask(p.memory)
	require.NoError(p.t, err)
	got, err := ask(p.store)
	require.NoError(p.t, err, "%+v", q)
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0), cmpopts.EquateEmpty()); diff != "" {
		require.Failf(p.t, "another answer than memory", "question %+v\n%s", q, diff)
	}
}

func each(t *testing.T, ask func(p *pair)) {
	t.Parallel()
	p := newPair(t, *seed)
	for range *questions {
		ask(p)
	}
}

func (p *pair) page() insight.ActorPage {
	return insight.ActorPage{After: pick(p.world, "", "", "m1", "8", "pkg:npm/x"), Limit: pick(p.world, 1, 2, 100)}
}

func (p *pair) trends() insight.TrendsQuery {
	buckets, r := p.buckets()
	q := insight.TrendsQuery{Question: p.question(r), Buckets: buckets}
	days := func(n int) (windows []events.Range) {
		for i := range append(buckets, r.End) {
			end := r.End
			if i+1 < len(buckets) {
				end = buckets[i+1]
			}
			windows = append(windows, events.Range{Start: end.AddDate(0, 0, -n), End: end})
		}
		return windows
	}
	q.Weekly, q.Monthly = days(7), days(30)
	for range p.IntN(2) + 1 {
		q.Series = append(q.Series, insight.Series{Matcher: p.matcher(2), Math: insight.Math(p.IntN(int(insight.P99)) + 1), Property: pick(p.world, "a", "b", "c")})
	}
	if p.IntN(4) > 0 {
		q.Breakdown = p.breakdown()
	}
	return q
}

func (p *pair) breakdown() *insight.Breakdown {
	if p.IntN(3) == 0 {
		return &insight.Breakdown{Scope: insight.CohortScope, Cohorts: append(some(p.world, 2, func() *insight.Cohort { return p.cohort(1) }), nil)}
	}
	return &insight.Breakdown{
		Scope: pick(p.world, insight.EventScope, insight.DeveloperScope), Limit: 25,
		Properties: append(some(p.world, 2, func() string { return pick(p.world, keys...) }), pick(p.world, keys...)),
	}
}

// keep puts the first keys of the totals into the series.
func (p *pair) keep(q *insight.TrendsQuery) {
	if q.Breakdown == nil {
		return
	}
	totals, err := p.memory.TrendTotals(p.t.Context(), org, *q, p.IntN(4)+1)
	require.NoError(p.t, err)
	for i := range q.Series {
		for _, total := range totals[i] {
			q.Series[i].Keys = append(q.Series[i].Keys, total.Key)
		}
	}
}

func TestTrendRowsAreThoseOfMemory(t *testing.T) {
	each(t, func(p *pair) {
		q := p.trends()
		if q.Breakdown != nil {
			limit := p.IntN(5)
			same(p, q, func(s answering) ([][]insight.KeyTotal, error) { return s.TrendTotals(t.Context(), org, q, limit) })
		}
		p.keep(&q)
		same(p, q, func(s answering) ([]insight.Trend, error) { return s.TrendRows(t.Context(), org, q) })
		cell := insight.TrendCell{Series: p.IntN(len(q.Series)), Bucket: p.IntN(len(q.Buckets)+1) - 1}
		if q.Breakdown != nil {
			list := q.Series[cell.Series].Keys
			if q.Breakdown.Scope != insight.CohortScope {
				list = append(list, insight.Other)
			}
			if len(list) > 0 {
				cell.Key = &list[p.IntN(len(list))]
			}
		}
		page := p.page()
		same(p, q, func(s answering) ([]string, error) { return s.TrendActors(t.Context(), org, q, cell, page) })
	})
}

func TestRetentionIsThatOfMemory(t *testing.T) {
	each(t, func(p *pair) {
		buckets, r := p.buckets()
		buckets = buckets[:min(100, len(buckets))]
		r.Start = buckets[0]
		q := insight.RetentionQuery{Question: p.question(r), Target: p.matcher(1), Returning: p.matcher(1), FirstTime: p.IntN(2) == 0}
		for i := range buckets {
			q.Intervals = append(q.Intervals, bucketRange(buckets, r, i))
		}
		same(p, q, func(s answering) ([][]int64, error) { return s.Retention(t.Context(), org, q) })
		row := p.IntN(len(buckets))
		same(p, q, func(s answering) ([]insight.Appearances, error) { return s.RetentionActors(t.Context(), org, q, row) })
	})
}

func TestStickinessIsThatOfMemory(t *testing.T) {
	each(t, func(p *pair) {
		buckets, r := p.buckets()
		q := insight.StickinessQuery{Question: p.question(r), Buckets: buckets, Series: []insight.Matcher{p.matcher(1), p.matcher(1)}}
		same(p, q, func(s answering) ([][]int64, error) { return s.Stickiness(t.Context(), org, q) })
		k, page := p.IntN(3)+1, p.page()
		same(p, q, func(s answering) ([]string, error) { return s.StickinessActors(t.Context(), org, q, 1, k, page) })
	})
}

func TestLifecycleIsThatOfMemory(t *testing.T) {
	each(t, func(p *pair) {
		buckets, r := p.buckets()
		buckets = append(buckets, r.End)
		r.Start, r.End = buckets[1], r.End.Add(24*time.Hour)
		q := insight.LifecycleQuery{Question: p.question(r), Buckets: buckets[1:], Before: buckets[0], Matcher: p.matcher(1)}
		same(p, q, func(s answering) ([]insight.LifecycleRow, error) { return s.Lifecycle(t.Context(), org, q) })
		bucket, status, page := p.IntN(len(q.Buckets)), insight.Status(p.IntN(4)+1), p.page()
		same(p, q, func(s answering) ([]string, error) {
			return s.LifecycleActors(t.Context(), org, q, bucket, status, page)
		})
	})
}

func TestSequencesAreThoseOfMemory(t *testing.T) {
	each(t, func(p *pair) {
		q := insight.SequenceQuery{
			Question: p.question(p.within()), Matchers: some(p.world, 3, func() insight.Matcher { return p.matcher(1) }), All: p.IntN(2) == 0, Names: p.IntN(2) == 0,
			Keys: some(p.world, 2, func() string { return pick(p.world, keys...) }),
		}
		if q.By == insight.Developers {
			q.DeveloperKeys = some(p.world, 2, func() string { return pick(p.world, keys...) })
			q.Cohorts = some(p.world, 2, func() *insight.Cohort { return p.cohort(1) })
		}
		same(p, q, func(s answering) (map[string]insight.Sequence, error) {
			all := make(map[string]insight.Sequence)
			err := s.Sequences(t.Context(), org, q, func(sequence insight.Sequence) error {
				require.NotContains(t, all, sequence.Actor)
				all[sequence.Actor] = sequence
				return nil
			})
			return all, err
		})
	})
}

func TestFunnelCountsAreThoseOfTheSequences(t *testing.T) {
	each(t, func(p *pair) {
		q := insight.FunnelQuery{
			Question: p.question(p.within()), Steps: append(some(p.world, 3, func() insight.Matcher { return p.matcher(0) }), p.matcher(0)), Order: insight.Ordered,
			Window: insight.Window{Value: p.IntN(4) + 1, Unit: insight.WindowUnit(p.IntN(5) + 1), Zone: time.UTC},
		}
		if p.IntN(2) == 0 {
			q.Steps = []insight.Matcher{{{Name: "a"}}, {{Name: "b"}}, {{Name: "c"}, {Name: "d"}}, {{Name: "a"}}}[:p.IntN(4)+1]
		}
		got, ok, err := p.store.FunnelCounts(t.Context(), org, q)
		require.NoError(t, err)
		require.Equal(t, q.Window.Unit != insight.WindowMonth, ok)
		if !ok {
			return
		}
		want := make([]int64, len(q.Steps))
		require.NoError(t, p.memory.Sequences(t.Context(), org, fold.Sequences(q), func(s insight.Sequence) error {
			furthest := 0
			for run := range fold.NewFunnel(q).Runs(s.Rows) {
				furthest = max(furthest, run.Reached())
			}
			for step := range furthest {
				want[step]++
			}
			return nil
		}))
		require.Equal(t, want, got, "%+v", q)
	})
}

func TestPathEdgesAreThoseOfTheSequences(t *testing.T) {
	each(t, func(p *pair) {
		ways := insight.PathsQuery{
			Question: p.question(p.within()), Sources: [][]insight.PathSource{
				{{}}, {{Name: "a"}}, {{Property: pick(p.world, keys...)}}, {{Name: "a", Property: pick(p.world, keys...)}, {Name: "b"}, {}},
			}[p.IntN(4)],
			Gap: time.Duration(p.IntN(48)+1) * time.Hour, StepLimit: p.IntN(5) + 2, EdgeLimit: p.IntN(20) + 1,
			Exclude: some(p.world, 2, func() string { return pick(p.world, "a", "b", "1") }), MinWeight: int64(p.IntN(2)), MaxWeight: int64(p.IntN(2) * 3),
		}
		all := fold.NewEdges(ways)
		require.NoError(t, p.memory.Sequences(t.Context(), org, all.Sequences(), all.Add))
		got, ok, err := p.store.PathEdges(t.Context(), org, ways)
		require.NoError(t, err)
		require.True(t, ok)
		require.Empty(t, cmp.Diff(all.List(), got, cmpopts.EquateEmpty()), "%+v", ways)
	})
}

func TestEarliestIsThatOfMemory(t *testing.T) {
	t.Parallel()
	p := newPair(t, *seed)
	for _, organization := range []uuid.UUID{org, {7}, {9}} {
		same(p, organization, func(s answering) (events.Position, error) {
			at, ok, err := s.Earliest(t.Context(), organization)
			require.Equal(t, organization != uuid.UUID{9}, ok)
			return at, err
		})
	}
}
