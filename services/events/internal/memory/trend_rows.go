package memory

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// TrendTotals measures the events of each key over the whole range.
func (s *Store) TrendTotals(ctx context.Context, id uuid.UUID, q insight.TrendsQuery, limit int) ([][]insight.KeyTotal, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	totals := make([][]insight.KeyTotal, len(q.Series))
	for i, series := range q.Series {
		within := windows(q, series.Math)
		for _, group := range v.groups(v.ofSeries(q, series), q.Breakdown) {
			total := measure(series, during(group.events, within[len(within)-1]), q.By)
			totals[i] = append(totals[i], insight.KeyTotal{Key: group.key, Total: total})
		}
		slices.SortFunc(totals[i], func(a, b insight.KeyTotal) int { return cmp.Or(cmp.Compare(b.Total, a.Total), a.Key.Compare(b.Key)) })
		if limit > 0 {
			totals[i] = totals[i][:min(limit, len(totals[i]))]
		}
	}
	return totals, nil
}

// TrendRows measures the events of each series and key in each window.
func (s *Store) TrendRows(ctx context.Context, id uuid.UUID, q insight.TrendsQuery) ([]insight.Trend, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	var rows []insight.Trend
	for i, series := range q.Series {
		list := v.ofSeries(q, series)
		if q.Breakdown == nil {
			rows = append(rows, row(q, i, nil, list))
			continue
		}
		for _, key := range series.Keys {
			rows = append(rows, row(q, i, &key, v.ofKey(list, q.Breakdown, series.Keys, key)))
		}
		if other := v.ofKey(list, q.Breakdown, series.Keys, insight.Other); len(other) > 0 {
			rows = append(rows, row(q, i, &insight.Key{Kind: insight.OtherKey}, other))
		}
	}
	return rows, nil
}

// TrendActors lists whom the events of a cell count for.
func (s *Store) TrendActors(ctx context.Context, id uuid.UUID, q insight.TrendsQuery, cell insight.TrendCell, p insight.ActorPage) ([]string, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	series := q.Series[cell.Series]
	list := v.ofSeries(q, series)
	if cell.Key != nil {
		list = v.ofKey(list, q.Breakdown, series.Keys, *cell.Key)
	}
	within := windows(q, series.Math)
	bucket := cell.Bucket
	if bucket < 0 {
		bucket = len(within) - 1
	}
	all := make(map[string]bool)
	for _, e := range during(list, within[bucket]) {
		if _, numeric := e.own.Number(series.Property); !series.Math.Numeric() || numeric {
			for _, actor := range actors(e, q.By) {
				all[actor] = true
			}
		}
	}
	return page(all, p), nil
}

// windows returns which time each value of a series looks at, and last its total.
func windows(q insight.TrendsQuery, m insight.Math) []events.Range {
	switch m {
	case insight.WeeklyActive:
		return q.Weekly
	case insight.MonthlyActive:
		return q.Monthly
	}
	return append(spans(q.Buckets, q.Range), q.Range)
}

// spans are the buckets as ranges, cut to the range of the question.
func spans(buckets []time.Time, within events.Range) []events.Range {
	var list []events.Range
	for i, start := range buckets {
		r := events.Range{Start: start, End: within.End}
		if i+1 < len(buckets) {
			r.End = buckets[i+1]
		}
		if start.Before(within.Start) {
			r.Start = within.Start
		}
		list = append(list, r)
	}
	return list
}

// ofSeries returns the events that a series counts somewhere.
func (v *view) ofSeries(q insight.TrendsQuery, series insight.Series) []seen {
	span := q.Range
	if series.Math.Windowed() {
		span.Start = windows(q, series.Math)[0].Start
	}
	return v.matching(v.asked(q.Question, span), series.Matcher)
}

// group is the events of one key.
type group struct {
	key    insight.Key
	events []seen
}

func (v *view) groups(list []seen, b *insight.Breakdown) []group {
	var groups []group
	for _, e := range list {
		for _, key := range v.keys(e, b) {
			i := slices.IndexFunc(groups, func(g group) bool { return g.key.Compare(key) == 0 })
			if i < 0 {
				i, groups = len(groups), append(groups, group{key: key})
			}
			groups[i].events = append(groups[i].events, e)
		}
	}
	return groups
}

// ofKey returns the events of a key; with the key Other those of every key of properties that is not kept.
func (v *view) ofKey(list []seen, b *insight.Breakdown, kept []insight.Key, wanted insight.Key) []seen {
	var of []seen
	for _, e := range list {
		for _, key := range v.keys(e, b) {
			same := func(k insight.Key) bool { return k.Compare(key) == 0 }
			other := key.Kind != insight.CohortKey && !slices.ContainsFunc(kept, same)
			if same(wanted) || wanted.Kind == insight.OtherKey && other {
				of = append(of, e)
			}
		}
	}
	return of
}

func during(list []seen, within events.Range) []seen {
	var in []seen
	for _, e := range list {
		if within.Holds(e.OccurredAt) {
			in = append(in, e)
		}
	}
	return in
}

func row(q insight.TrendsQuery, i int, key *insight.Key, list []seen) insight.Trend {
	t := insight.Trend{Series: i, Key: key, Values: make([]float64, len(q.Buckets))}
	within := windows(q, q.Series[i].Math)
	for b := range t.Values {
		t.Values[b] = measure(q.Series[i], during(list, within[b]), q.By)
	}
	t.Total = measure(q.Series[i], during(list, within[len(within)-1]), q.By)
	return t
}

// measure does the math of a series over events.
func measure(series insight.Series, list []seen, by insight.Unit) float64 {
	switch series.Math {
	case insight.Total:
		return float64(len(list))
	case insight.UniqueActors, insight.WeeklyActive, insight.MonthlyActive:
		return float64(len(byActor(list, by)))
	}
	var numbers []float64
	for _, e := range list {
		if n, ok := e.own.Number(series.Property); ok {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return 0
	}
	slices.Sort(numbers)
	var sum float64
	for _, n := range numbers {
		sum += n
	}
	switch series.Math {
	case insight.Sum:
		return sum
	case insight.Average:
		return sum / float64(len(numbers))
	case insight.Minimum:
		return numbers[0]
	case insight.Maximum:
		return numbers[len(numbers)-1]
	}
	return percentile(numbers, series.Math.Percentile())
}

// percentile interpolates between the two nearest of sorted numbers.
func percentile(sorted []float64, p float64) float64 {
	h := float64(len(sorted)-1) * p
	low := int(math.Floor(h))
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (h-float64(low))*(sorted[low+1]-sorted[low])
}
