package answer

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Trends answers a request for numbers by time. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Trends(ctx context.Context, organization uuid.UUID, r insight.TrendsRequest) (insight.TrendsAnswer, error) {
	plan, err := e.planTrends(ctx, organization, r)
	if err != nil {
		return insight.TrendsAnswer{}, err
	}
	answer := insight.TrendsAnswer{Buckets: plan.current.Buckets, Previous: plan.previous.Buckets}
	if answer.Rows, err = e.trendRows(ctx, organization, plan, plan.current, false); err != nil {
		return insight.TrendsAnswer{}, err
	}
	if plan.Compare {
		previous, err := e.trendRows(ctx, organization, plan, plan.previous, true)
		if err != nil {
			return insight.TrendsAnswer{}, err
		}
		answer.Rows = append(answer.Rows, previous...)
	}
	return answer, nil
}

// TrendActors lists the actors that a number of the answer counts, in the order of their text.
func (e *Engine) TrendActors(ctx context.Context, organization uuid.UUID, r insight.TrendsRequest, cell insight.TrendsCell, page insight.ActorPage) ([]string, error) {
	plan, err := e.planTrends(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	span := plan.current
	if cell.Previous {
		span = plan.previous
	}
	switch {
	case plan.Formula != "":
		return nil, none("formula")
	case cell.Previous && !plan.Compare:
		return nil, none("cell.period")
	case cell.Series < 0 || cell.Series >= len(plan.Series):
		return nil, none("cell.series")
	case cell.Bucket < -1 || cell.Bucket >= len(span.Buckets) || plan.TotalValue && cell.Bucket >= 0: // a total has no values of buckets
		return nil, none("cell.bucket")
	case (cell.Key == nil) != (plan.Breakdown == nil):
		return nil, none("cell.breakdown")
	}
	return e.store.TrendActors(ctx, organization, plan.query(span, plan.Series), cell.TrendCell, page)
}

// trendsPlan is a request worked out.
type trendsPlan struct {
	insight.TrendsRequest
	formula           insight.Formula
	current, previous insight.Span
	ready             []insight.Trend // the rows of the current period when ranking found them already, else nil
}

// planTrends works a request out; its series have the keys that are kept.
func (e *Engine) planTrends(ctx context.Context, organization uuid.UUID, r insight.TrendsRequest) (trendsPlan, error) {
	r, err := r.Checked()
	if err != nil {
		return trendsPlan{}, err
	}
	plan := trendsPlan{TrendsRequest: r}
	if r.Formula != "" {
		if plan.formula, err = insight.ParseFormula(r.Formula, len(r.Series)); err != nil {
			return trendsPlan{}, err
		}
	}
	if plan.current, err = e.span(ctx, organization, r.Period, r.TotalValue); err != nil {
		return trendsPlan{}, err
	}
	if r.Compare {
		interval := r.Interval
		if r.TotalValue {
			interval = events.Day
		}
		if plan.previous, err = r.Before(plan.current, interval); err != nil {
			return trendsPlan{}, err
		}
	}
	err = e.keep(ctx, organization, &plan)
	return plan, err
}

// query is what a store is asked for one of the periods.
func (p trendsPlan) query(span insight.Span, series []insight.Series) insight.TrendsQuery {
	q := insight.TrendsQuery{Question: p.Question(span.Range), Buckets: span.Buckets, Series: series, Breakdown: p.Breakdown}
	if p.TotalValue {
		q.Buckets = nil
	}
	windows := insight.Span{Range: span.Range, Buckets: q.Buckets}
	for _, s := range series {
		switch s.Math {
		case insight.WeeklyActive:
			q.Weekly = p.Windows(windows, 7)
		case insight.MonthlyActive:
			q.Monthly = p.Windows(windows, 30)
		}
	}
	return q
}

// keep gives the series the keys of the breakdown that get rows of their own, in rank order.
func (e *Engine) keep(ctx context.Context, organization uuid.UUID, plan *trendsPlan) error {
	b := plan.Breakdown
	if b == nil {
		return nil
	}
	series := slices.Clone(plan.Series)
	plan.Series = series
	if b.Scope == insight.CohortScope {
		for i := range series {
			series[i].Keys = cohortKeys(b)
		}
		return nil
	}
	if plan.Formula != "" {
		kept, err := e.rankFormula(ctx, organization, *plan)
		for i := range series {
			series[i].Keys = kept
		}
		return err
	}
	q := plan.query(plan.current, series)
	ranks, err := e.store.TrendTotals(ctx, organization, q, b.Limit+1) // one more tells whether there are others
	if err != nil {
		return err
	}
	for i := range series {
		series[i].Keys = rank(ranks[i], b.Limit)
	}
	plan.ready = whole(ranks, b.Limit, len(q.Buckets))
	return nil
}

// whole returns the rows that ranked totals make when nothing is left to ask for: every key has a row of its own, and its numbers are known.
func whole(ranks [][]insight.KeyTotal, limit, buckets int) []insight.Trend {
	rows := []insight.Trend{}
	for i, totals := range ranks {
		if len(totals) > limit {
			return nil
		}
		for _, t := range totals {
			if buckets > 0 && t.Values == nil {
				return nil
			}
			rows = append(rows, insight.Trend{Series: i, Key: &t.Key, Values: t.Values, Total: t.Total})
		}
	}
	return rows
}

// cohortKeys are the rows of a breakdown by cohorts.
func cohortKeys(b *insight.Breakdown) []insight.Key {
	keys := make([]insight.Key, len(b.Cohorts))
	for i := range keys {
		keys[i] = insight.Key{Kind: insight.CohortKey, Cohort: i}
	}
	return keys
}

// rankFormula ranks keys by the formula over their totals; a series without a key counts 0. One series is asked for after the other, so that no more
// than one list is in memory besides what is ranked.
func (e *Engine) rankFormula(ctx context.Context, organization uuid.UUID, plan trendsPlan) ([]insight.Key, error) {
	plan.TotalValue = true // ranks need no buckets
	ranks := newRanks()
	for i := range plan.Series {
		totals, err := e.store.TrendTotals(ctx, organization, plan.query(plan.current, plan.Series[i:i+1]), maxKeys+1)
		if err != nil {
			return nil, err
		}
		for _, found := range totals[0] {
			t, err := ranks.of(found.Key)
			if err != nil {
				return nil, err
			}
			if t.Values == nil {
				t.Values = make([]float64, len(plan.Series))
			}
			t.Values[i] = found.Total
		}
	}
	ranks.evaluate(plan.formula)
	return rank(ranks.list(), plan.Breakdown.Limit), nil
}

// trendRows asks for one period and brings the answer into its final form.
func (e *Engine) trendRows(ctx context.Context, organization uuid.UUID, plan trendsPlan, span insight.Span, previous bool) ([]insight.TrendsRow, error) {
	trends := plan.ready
	if trends == nil || previous {
		var err error
		if trends, err = e.store.TrendRows(ctx, organization, plan.query(span, plan.Series)); err != nil {
			return nil, err
		}
	}
	if plan.Formula != "" {
		trends = combine(trends, plan.formula, len(plan.Series))
	}
	rows := make([]insight.TrendsRow, len(trends))
	for i, t := range trends {
		rows[i] = insight.TrendsRow{Series: t.Series, Key: t.Key, Previous: previous, Values: t.Values, Total: t.Total}
		if plan.TotalValue {
			rows[i].Values = nil
		}
		for b := 1; plan.Cumulative && b < len(t.Values); b++ {
			t.Values[b] += t.Values[b-1]
		}
	}
	return rows, nil
}

// combine makes one row of those of all series that have the same key. Rows of one key stand in the same order in every series; other comes last.
func combine(trends []insight.Trend, f insight.Formula, series int) []insight.Trend {
	type inputs struct {
		key  *insight.Key
		rows []insight.Trend // by series; the zero value counts 0
	}
	var order []string
	byKey := map[string]*inputs{}
	buckets := 0
	for _, t := range trends {
		id := ""
		if t.Key != nil {
			id = t.Key.Identity()
		}
		if byKey[id] == nil {
			byKey[id] = &inputs{key: t.Key, rows: make([]insight.Trend, series)}
			order = append(order, id)
		}
		byKey[id].rows[t.Series], buckets = t, len(t.Values)
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(isOther(byKey[a].key), isOther(byKey[b].key)) })
	combined := make([]insight.Trend, len(order))
	for i, id := range order {
		in := byKey[id]
		combined[i] = insight.Trend{Key: in.key, Values: make([]float64, buckets), Total: f.Value(totalsOf(in.rows))}
		for b := range buckets {
			combined[i].Values[b] = f.Value(valuesAt(in.rows, b))
		}
	}
	return combined
}

func isOther(key *insight.Key) int {
	if key != nil && key.Kind == insight.OtherKey {
		return 1
	}
	return 0
}

func totalsOf(rows []insight.Trend) []float64 {
	values := make([]float64, len(rows))
	for i, t := range rows {
		values[i] = t.Total
	}
	return values
}

func valuesAt(rows []insight.Trend, bucket int) []float64 {
	values := make([]float64, len(rows))
	for i, t := range rows {
		if bucket < len(t.Values) {
			values[i] = t.Values[bucket]
		}
	}
	return values
}
