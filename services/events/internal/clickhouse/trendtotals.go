package clickhouse

import (
	"context"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// TrendTotals asks once a series. The numbers of the buckets come along where they can be told from what is grouped.
func (s *Store) TrendTotals(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, limit int) ([][]insight.KeyTotal, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([][]insight.KeyTotal, error) {
		totals := make([][]insight.KeyTotal, len(q.Series))
		for i, series := range q.Series {
			st := newStatement(organization, seen)
			within, last := span(q, series.Math)
			sh := st.trend(q, series, within)
			if sh.Window = series.Math.Windowed(); sh.Window {
				sh.WindowStart, sh.WindowEnd = st.micros(last.Start), st.micros(last.End)
			}
			if limit > 0 {
				sh.Limit = st.bind("UInt64", strconv.Itoa(limit))
			}
			name, read := "trend_totals", keyTotal
			if len(q.Buckets) > 0 && sh.Parts != nil && (sh.Acting && !sh.Window || series.Math == insight.Total) {
				sh.Buckets = st.buckets(q.Buckets)
				name, read = "trend_cells", keyCells
				for _, p := range sh.Parts {
					p.Grouped = !p.shared
				}
			}
			err := s.ask(ctx, name, sh, st, func(rows driver.Rows) error {
				total, err := read(rows, sh)
				totals[i] = append(totals[i], total)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		return totals, nil
	})
}

// keyTotal reads a row of trend_totals.sql.
func keyTotal(rows driver.Rows, sh *trendShape) (insight.KeyTotal, error) {
	var total insight.KeyTotal
	if sh.Cohorts != nil {
		var place uint32
		err := rows.Scan(&place, &total.Total)
		total.Key = insight.Key{Kind: insight.CohortKey, Cohort: int(place)}
		return total, err
	}
	texts := make([]*string, len(sh.Parts))
	columns := make([]any, 0, len(texts)+1)
	for i := range texts {
		columns = append(columns, &texts[i])
	}
	err := rows.Scan(append(columns, &total.Total)...)
	total.Key = insight.NewKey(partsOf(texts)...)
	return total, err
}

// keyCells reads a row of trend_cells.sql. A bucket that comes twice belongs to two writings of one key, whose actors cannot be told apart any more:
// then only the total is known.
func keyCells(rows driver.Rows, sh *trendShape) (insight.KeyTotal, error) {
	var total insight.KeyTotal
	var places []int64
	var numbers []float64
	texts := make([]*string, len(sh.Parts))
	columns := make([]any, 0, len(texts)+3)
	for i := range texts {
		columns = append(columns, &texts[i])
	}
	if err := rows.Scan(append(columns, &total.Total, &places, &numbers)...); err != nil {
		return total, err
	}
	total.Key = insight.NewKey(partsOf(texts)...)
	values := make([]float64, sh.Buckets.Count)
	known := make([]bool, len(values))
	for i, place := range places {
		if known[place] && sh.Acting {
			return total, nil
		}
		known[place] = true
		values[place] += numbers[i]
	}
	total.Values = values
	return total, nil
}

// partsOf turns texts that may be NULL into parts of a key.
func partsOf(texts []*string) []insight.Part {
	parts := make([]insight.Part, len(texts))
	for i, text := range texts {
		if parts[i].Missing = text == nil; text != nil {
			parts[i].Text = *text
		}
	}
	return parts
}

// span returns the time in which a math looks at events, and that of its total.
func span(q insight.TrendsQuery, m insight.Math) (within, last events.Range) {
	windows := q.Weekly
	switch {
	case !m.Windowed():
		return q.Range, q.Range
	case m == insight.MonthlyActive:
		windows = q.Monthly
	}
	within = q.Range
	within.Start = windows[0].Start
	return within, windows[len(windows)-1]
}

// TrendActors asks for the actors of the events of a cell.
func (s *Store) TrendActors(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, cell insight.TrendCell, page insight.ActorPage) ([]string, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]string, error) {
		st := newStatement(organization, seen)
		series := q.Series[cell.Series]
		sh := st.trend(q, series, cellRange(q, series.Math, cell.Bucket))
		sh.Source.acted()
		if sh.Number != nil {
			sh.Source.Where = append(sh.Source.Where, &condition{Op: "numeric", N: sh.Number.N})
		}
		if cell.Key != nil {
			sh.Source.Where = append(sh.Source.Where, sh.cell(st, *cell.Key, series.Keys))
		}
		sh.pageShape = st.page(page)
		return s.actors(ctx, "trend_actors", sh, st)
	})
}

// cell is a condition that holds for the events with a key.
func (sh *trendShape) cell(st *statement, key insight.Key, kept []insight.Key) *condition {
	switch key.Kind {
	case insight.CohortKey:
		if m := sh.Cohorts[key.Cohort]; m != nil {
			return &condition{Op: "member", Member: m}
		}
		return &condition{Op: "all"}
	case insight.OtherKey:
		var texts []string
		for _, k := range kept {
			texts = append(texts, keyText(k, len(sh.Parts)))
		}
		return &condition{Op: "key", Not: true, Parts: sh.Parts, A: st.texts(texts)}
	case insight.ValueKey, insight.MissingKey:
	}
	return &condition{Op: "key", Parts: sh.Parts, A: st.texts([]string{keyText(key, len(sh.Parts))})}
}

// cellRange returns the time of a bucket, or of the total when it is negative.
func cellRange(q insight.TrendsQuery, m insight.Math, bucket int) events.Range {
	_, last := span(q, m)
	switch {
	case bucket < 0:
		return last
	case m == insight.WeeklyActive:
		return q.Weekly[bucket]
	case m == insight.MonthlyActive:
		return q.Monthly[bucket]
	}
	return bucketRange(q.Buckets, q.Range, bucket)
}
