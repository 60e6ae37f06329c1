package clickhouse

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// maths are the names of the maths in math.sql; percentiles have none of their own.
var maths = map[insight.Math]string{
	insight.Total: "total", insight.UniqueActors: "unique", insight.WeeklyActive: "unique", insight.MonthlyActive: "unique",
	insight.Sum: "sum", insight.Average: "average", insight.Minimum: "minimum", insight.Maximum: "maximum",
}

// trendShape is one series of a trend.
type trendShape struct {
	Source     *source
	Buckets    buckets
	Whole      bool
	Math       string
	Percentile string
	Number     *property
	Acting     bool // the math is over actors

	// Of a breakdown: by properties their Parts and the kept Keys with their Places, the Rest being the place of all others; or by Cohorts.
	Parts               []*property
	Keys, Places, Rest  string
	Cohorts             []*membership // nil stands for everybody
	Window              bool          // actors count only between WindowStart and WindowEnd
	WindowStart         string
	WindowEnd           string
	Cuts, Firsts, Lasts string // of overlapping windows
	pageShape
}

// trend starts the shape of a series over a range.
func (st *statement) trend(q insight.TrendsQuery, series insight.Series, within events.Range) *trendShape {
	st.keyed = true
	sh := &trendShape{Source: st.source(q.Question, within).only(series.Matcher), Math: maths[series.Math]}
	if p := series.Math.Percentile(); p > 0 {
		sh.Percentile = st.float(p)
	}
	if series.Math.Numeric() {
		sh.Number = sh.Source.property(series.Property).number(st)
	}
	if sh.Acting = sh.Math == "unique"; sh.Acting {
		sh.Source.acted()
	}
	if q.Breakdown != nil {
		sh.breakDown(st, *q.Breakdown)
	}
	return sh
}

func (sh *trendShape) breakDown(st *statement, b insight.Breakdown) {
	switch b.Scope {
	case insight.CohortScope:
		sh.Source.owned = true
		for _, c := range b.Cohorts {
			var m *membership
			if c != nil {
				m = st.member(c)
			}
			sh.Cohorts = append(sh.Cohorts, m)
		}
	case insight.EventScope:
		for _, key := range b.Properties {
			sh.Parts = append(sh.Parts, sh.Source.property(key))
		}
	case insight.DeveloperScope:
		for _, key := range b.Properties {
			sh.Parts = append(sh.Parts, sh.Source.developerProperty(key))
		}
	}
}

// keep sets which keys have places of their own.
func (sh *trendShape) keep(st *statement, keys []insight.Key) {
	if sh.Parts == nil {
		return
	}
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = keyText(k, len(sh.Parts))
	}
	if len(keys) == 0 { // the server does not transform by empty lists; no key is written so
		texts = append(texts, "")
	}
	sh.Keys = st.texts(texts)
	sh.Places = st.bind("Array(UInt32)", list(texts, counting()))
	sh.Rest = st.bind("UInt32", strconv.Itoa(len(keys)))
}

func counting() func(string) string {
	n := -1
	return func(string) string { n++; return strconv.Itoa(n) }
}

// keyText writes a key of properties as source.sql does.
func keyText(k insight.Key, parts int) string {
	if k.Kind == insight.MissingKey {
		return strings.Repeat("-", parts)
	}
	var b strings.Builder
	for _, p := range k.Parts {
		if p.Missing {
			b.WriteByte('-')
			continue
		}
		b.WriteString(strconv.Itoa(len(p.Text)) + ":" + p.Text)
	}
	return b.String()
}

// TrendRows asks once a series.
func (s *Store) TrendRows(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery) ([]insight.Trend, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]insight.Trend, error) {
		var trends []insight.Trend
		for i, series := range q.Series {
			rows, fill := newTrendRows(q, i), s.measured
			st := newStatement(organization, seen)
			if series.Math.Windowed() {
				fill = s.windowed
			}
			if err := fill(ctx, st, q, series, rows); err != nil {
				return nil, err
			}
			trends = append(trends, rows.answer()...)
		}
		return trends, nil
	})
}

// measured fills the rows of a series in which an event is in one bucket.
func (s *Store) measured(ctx context.Context, st *statement, q insight.TrendsQuery, series insight.Series, rows *trendRows) error {
	sh := st.trend(q, series, q.Range)
	sh.keep(st, series.Keys)
	sh.Buckets = st.buckets(q.Buckets)
	sh.Whole = series.Math != insight.Total
	return s.ask(ctx, "trend_rows", sh, st, func(r driver.Rows) error {
		var whole uint64
		var bucket int64
		var place uint32
		var seen uint64
		var value float64
		if err := r.Scan(&whole, &bucket, &place, &seen, &value); err != nil {
			return err
		}
		row := rows.at(int(place))
		if whole == 1 || !sh.Whole {
			row.Total += value
		}
		if whole == 0 && len(q.Buckets) > 0 {
			row.Values[bucket] = value
		}
		return nil
	})
}

// trendRows are the rows of one series: those of its keys, and last that of all other keys once it has an event.
type trendRows struct {
	rows  []insight.Trend
	other bool // there is such a row
	place map[int]int
}

func newTrendRows(q insight.TrendsQuery, series int) *trendRows {
	t := &trendRows{place: make(map[int]int)}
	row := func(key *insight.Key) {
		t.rows = append(t.rows, insight.Trend{Series: series, Key: key, Values: make([]float64, len(q.Buckets))})
	}
	keys := q.Series[series].Keys
	if q.Breakdown == nil {
		row(nil)
	} else {
		for _, key := range keys {
			row(&key)
		}
		row(&insight.Key{Kind: insight.OtherKey})
	}
	for i := range t.rows {
		t.place[i] = i
	}
	if q.Breakdown != nil && q.Breakdown.Scope == insight.CohortScope { // places are those of the cohorts
		t.place = make(map[int]int)
		for i, key := range keys {
			t.place[key.Cohort] = i
		}
	}
	return t
}

// at returns the row of a place. A cohort that is no key has the last one, which is then never shown.
func (t *trendRows) at(place int) *insight.Trend {
	i, kept := t.place[place]
	if !kept {
		return &t.rows[len(t.rows)-1]
	}
	t.other = t.other || t.rows[i].Key != nil && t.rows[i].Key.Kind == insight.OtherKey
	return &t.rows[i]
}

func (t *trendRows) answer() []insight.Trend {
	last := t.rows[len(t.rows)-1]
	if last.Key != nil && last.Key.Kind == insight.OtherKey && !t.other {
		return slices.Delete(t.rows, len(t.rows)-1, len(t.rows))
	}
	return t.rows
}
