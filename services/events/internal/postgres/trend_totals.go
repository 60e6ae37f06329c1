package postgres

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// TrendTotals asks once a series.
func (s *Store) TrendTotals(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, limit int) ([][]insight.KeyTotal, error) {
	totals := make([][]insight.KeyTotal, len(q.Series))
	err := s.ask(ctx, organization, func(look *session) error {
		for i := range q.Series {
			t := trend{TrendsQuery: q, series: q.Series[i], place: i}
			list, err := t.totals(ctx, look.query(), limit)
			if err != nil {
				return err
			}
			totals[i] = list
		}
		return nil
	})
	return totals, err
}

// totals returns the total of each key.
func (t trend) totals(ctx context.Context, q *query, limit int) ([]insight.KeyTotal, error) {
	r, err := t.relation(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := t.split(ctx, q, r); err != nil {
		return nil, err
	}
	data := trendData{Relation: r, Measure: q.measure(r, t.series), Keyed: t.Breakdown.Scope == insight.CohortScope}
	if t.series.Math.Windowed() {
		last := t.windows()[len(t.windows())-1]
		data.Measure.Window = &condition{Kind: "within", Low: q.param(last.Start), High: q.param(last.End)}
	}
	if limit > 0 && !data.Keyed && !data.Measure.Sums { // the order of sums is known when they are put together
		data.Limit = q.param(int64(limit))
	}
	var list []insight.KeyTotal
	err = q.run(ctx, "trend_totals", data, func(rows pgx.Rows) error {
		var texts []*string
		var m measured
		if err := rows.Scan(&texts, &m.value, &m.great, &m.numbers); err != nil {
			return err
		}
		key, err := t.key(texts)
		list = append(list, insight.KeyTotal{Key: key, Total: m.number(t.series.Math)})
		return err
	})
	slices.SortFunc(list, func(a, b insight.KeyTotal) int { return cmp.Or(cmp.Compare(b.Total, a.Total), a.Key.Compare(b.Key)) })
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, err
}

// key reads the parts of a key, or the number of a cohort.
func (t trend) key(texts []*string) (insight.Key, error) {
	if t.Breakdown.Scope != insight.CohortScope {
		return insight.NewKey(partsOf(texts)...), nil
	}
	place, err := strconv.Atoi(*texts[0])
	return insight.Key{Kind: insight.CohortKey, Cohort: place - 1}, err
}

// TrendActors lists whom the events of a cell count for.
func (s *Store) TrendActors(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, cell insight.TrendCell, page insight.ActorPage) ([]string, error) {
	t := trend{TrendsQuery: q, series: q.Series[cell.Series], place: cell.Series}
	var list []string
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		r, err := t.cell(ctx, statement, cell)
		if err != nil {
			return err
		}
		list, err = statement.page(ctx, "actors", actorsData{Relation: r}, page)
		return err
	})
	return list, err
}

// cell is the events of a cell that have an actor.
func (t trend) cell(ctx context.Context, q *query, cell insight.TrendCell) (*relation, error) {
	r, err := t.relation(ctx, q)
	if err != nil {
		return nil, err
	}
	r.acting()
	within := t.within(cell.Bucket)
	r.Where = append(r.Where, condition{Kind: "within", Low: q.param(within.Start), High: q.param(within.End)})
	if t.series.Math.Numeric() {
		r.Where = append(r.Where, condition{Kind: "numeric", Key: q.property(r, t.series.Property)})
	}
	if cell.Key == nil {
		return r, nil
	}
	c, err := t.ofKey(ctx, q, r, *cell.Key)
	r.Where = append(r.Where, c)
	return r, err
}

// ofKey is the condition that an event has a key, or with the key Other one that is not kept.
func (t trend) ofKey(ctx context.Context, q *query, r *relation, key insight.Key) (condition, error) {
	if t.Breakdown.Scope == insight.CohortScope {
		if key.Kind != insight.CohortKey {
			return condition{Kind: "any"}, nil
		}
		return q.memberOrAll(ctx, r, t.Breakdown.Cohorts[key.Cohort])
	}
	r.split(q, t.Breakdown.Scope, t.Breakdown.Properties)
	keys := []insight.Key{key}
	if key.Kind == insight.OtherKey {
		keys = t.series.Keys
	}
	return condition{Kind: "kept", Not: key.Kind == insight.OtherKey, In: r, Value: q.param(composites(keys, len(t.Breakdown.Properties)))}, nil
}

// within is the time of a bucket, or that of the total when it is -1.
func (t trend) within(bucket int) (r events.Range) {
	if t.series.Math.Windowed() {
		if bucket < 0 {
			bucket = len(t.windows()) - 1
		}
		return t.windows()[bucket]
	}
	r = t.Range
	if bucket < 0 {
		return r
	}
	if t.Buckets[bucket].After(r.Start) {
		r.Start = t.Buckets[bucket]
	}
	if bucket+1 < len(t.Buckets) {
		r.End = t.Buckets[bucket+1]
	}
	return r
}
