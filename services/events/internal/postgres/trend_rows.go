package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// TrendRows asks once a series.
func (s *Store) TrendRows(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery) ([]insight.Trend, error) {
	var trends []insight.Trend
	err := s.ask(ctx, organization, func(look *session) error {
		for i := range q.Series {
			t := trend{TrendsQuery: q, series: q.Series[i], place: i}
			rows, err := t.rows(ctx, look.query())
			if err != nil {
				return err
			}
			trends = append(trends, rows...)
		}
		return nil
	})
	return trends, err
}

// trend is one series of a question.
type trend struct {
	insight.TrendsQuery
	series insight.Series
	place  int // of the series
}

// trendData is what the templates of trends look at.
type trendData struct {
	Relation *relation
	Measure  measure
	Keyed    bool // rows have a place, that of a key

	// Parameters.
	Buckets, Starts, Ends string
	Limit                 string
}

// windows returns the days of a math over days.
func (t trend) windows() []events.Range {
	if t.series.Math == insight.WeeklyActive {
		return t.Weekly
	}
	return t.Monthly
}

// span is the time in which the series counts events.
func (t trend) span() events.Range {
	span := t.Range
	if t.series.Math.Windowed() {
		span.Start = t.windows()[0].Start
	}
	return span
}

// relation is the events of the series, with what tells their keys when it has a breakdown.
func (t trend) relation(ctx context.Context, q *query) (*relation, error) {
	r, err := q.about(ctx, t.Question, t.span())
	if err != nil {
		return nil, err
	}
	m, err := q.matcher(ctx, r, t.series.Matcher)
	r.Where = append(r.Where, m)
	return r, err
}

// split joins the properties or cohorts of the breakdown.
func (t trend) split(ctx context.Context, q *query, r *relation) error {
	b := t.Breakdown
	if b == nil {
		return nil
	}
	if b.Scope != insight.CohortScope {
		r.split(q, b.Scope, b.Properties)
		return nil
	}
	for i, c := range b.Cohorts {
		member, err := q.memberOrAll(ctx, r, c)
		if err != nil {
			return err
		}
		r.Cohorts = append(r.Cohorts, cohort{Place: q.param(int64(i + 1)), Member: member})
	}
	return nil
}

// rows returns the rows of the series.
func (t trend) rows(ctx context.Context, q *query) ([]insight.Trend, error) {
	r, err := t.relation(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := t.split(ctx, q, r); err != nil {
		return nil, err
	}
	if t.Breakdown != nil && t.Breakdown.Scope != insight.CohortScope {
		r.Kept = q.param(composites(t.series.Keys, len(t.Breakdown.Properties)))
	}
	data := trendData{Relation: r, Measure: q.measure(r, t.series), Keyed: t.Breakdown != nil}
	kept := t.kept()
	if t.series.Math.Windowed() {
		err = t.windowRows(ctx, q, data, kept)
	} else {
		err = t.bucketRows(ctx, q, data, kept)
	}
	return t.inOrder(kept), err
}

// kept are the rows of the answer by their place: that of their key from 1, of the cohort from 1, and 0 for what is not kept. Without a breakdown there is one, at 1.
func (t trend) kept() map[int64]*insight.Trend {
	kept := make(map[int64]*insight.Trend)
	if t.Breakdown == nil {
		kept[1] = t.empty(nil)
	}
	for i, key := range t.series.Keys {
		kept[t.placeOf(i, key)] = t.empty(&key)
	}
	return kept
}

func (t trend) placeOf(i int, key insight.Key) int64 {
	if key.Kind == insight.CohortKey {
		return int64(key.Cohort + 1)
	}
	return int64(i + 1)
}

func (t trend) empty(key *insight.Key) *insight.Trend {
	return &insight.Trend{Series: t.place, Key: key, Values: make([]float64, len(t.Buckets))}
}

// at returns the row of a place. What is not kept gets a row when it has an event; a cohort that is not among the keys gets none.
func (t trend) at(kept map[int64]*insight.Trend, place int64) *insight.Trend {
	if kept[place] == nil {
		kept[place] = t.empty(&insight.Key{Kind: insight.OtherKey})
	}
	return kept[place]
}

// inOrder returns the rows in the order of their keys, what is not kept last.
func (t trend) inOrder(kept map[int64]*insight.Trend) []insight.Trend {
	if t.Breakdown == nil {
		return []insight.Trend{*kept[1]}
	}
	var list []insight.Trend
	for i, key := range t.series.Keys {
		list = append(list, *kept[t.placeOf(i, key)])
	}
	if other := kept[0]; other != nil {
		list = append(list, *other)
	}
	return list
}

// bucketRows fills the rows with the numbers of each bucket.
func (t trend) bucketRows(ctx context.Context, q *query, data trendData, kept map[int64]*insight.Trend) error {
	if len(t.Buckets) > 0 {
		data.Buckets = q.param(t.Buckets)
	}
	name := "trend_rows"
	if t.counted(data) {
		name = "trend_counts"
	}
	if r := data.Relation; data.Measure.Actors && r.Overrides && r.Moved != "" {
		if err := q.groupInOrder(ctx); err != nil {
			return err
		}
	}
	return q.run(ctx, name, data, func(rows pgx.Rows) error {
		var place int64
		var bucket int32
		var m measured
		if err := rows.Scan(&place, &bucket, &m.value, &m.great, &m.numbers); err != nil {
			return err
		}
		row := t.at(kept, place)
		if bucket == 0 {
			row.Total = m.number(t.series.Math)
		} else {
			row.Values[bucket-1] = m.number(t.series.Math)
		}
		return nil
	})
}

// counted tells whether the buckets can be counted one after the other: all events of them, or of certain names, which indexes have in the order of
// their times.
func (t trend) counted(data trendData) bool {
	r := data.Relation
	if len(t.Buckets) == 0 || data.Keyed || t.series.Math != insight.Total || r.Document || r.Packages || r.Overrides {
		return false
	}
	for _, c := range r.Where {
		if !c.ofNames() {
			return false
		}
	}
	return true
}

// windowRows fills the rows by adding the changes up.
func (t trend) windowRows(ctx context.Context, q *query, data trendData, kept map[int64]*insight.Trend) error {
	var starts, ends []time.Time
	for _, w := range t.windows() {
		starts, ends = append(starts, w.Start), append(ends, w.End)
	}
	data.Starts, data.Ends = q.param(starts), q.param(ends)
	changes := make(map[int64][]int64)
	err := q.run(ctx, "trend_windows", data, func(rows pgx.Rows) error {
		var place, at, change int64
		err := rows.Scan(&place, &at, &change)
		if changes[place] == nil {
			changes[place] = make([]int64, len(starts)+2) // windows are numbered from 1, and a change may come after the last
		}
		if err == nil {
			changes[place][at] = change
		}
		return err
	})
	for place, list := range changes {
		row, actors := t.at(kept, place), int64(0)
		for i := range starts {
			actors += list[i+1]
			if i < len(t.Buckets) {
				row.Values[i] = float64(actors)
			}
		}
		row.Total = float64(actors)
	}
	return err
}

// composites are keys as texts.
func composites(keys []insight.Key, parts int) []string {
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = composite(key, parts)
	}
	return list
}
