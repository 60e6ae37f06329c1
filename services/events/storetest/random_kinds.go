package storetest

import (
	"regexp"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
)

// breakdown is a random one, often none.
func (d *duel) breakdown() *insight.Breakdown {
	d.t.Helper()
	switch d.IntN(5) {
	case 0:
		return &insight.Breakdown{Scope: insight.EventScope, Properties: []string{pick(d.Rand, eventKeys...)}, Limit: 1 + d.IntN(5)}
	case 1:
		return &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"p", pick(d.Rand, eventKeys...)}, Limit: 1 + d.IntN(5)}
	case 2:
		return &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{pick(d.Rand, eventKeys...)}, Limit: 1 + d.IntN(5)}
	case 3:
		return &insight.Breakdown{Scope: insight.CohortScope, Cohorts: []*insight.Cohort{d.cohort(1), nil, d.cohort(0)}}
	}
	return nil
}

func (d *duel) trends() {
	d.t.Helper()
	r := insight.TrendsRequest{
		Audience: d.audience(), Period: d.period(), Breakdown: d.breakdown(),
		Cumulative: d.odds(6), Compare: d.odds(3), TotalValue: d.odds(4),
	}
	r.Cumulative = r.Cumulative && !r.TotalValue
	for range 1 + d.IntN(2) {
		s := insight.Series{Matcher: d.matcher(), Math: insight.Math(1 + d.IntN(int(insight.P99))), Property: "n"}
		if r.Breakdown == nil && d.odds(3) { // numbers so far apart that sums depend on their order a little, which must not decide a rank
			s.Property = pick(d.Rand, eventKeys...)
		}
		r.Series = append(r.Series, s)
	}
	if d.odds(4) {
		r.Formula = pick(d.Rand, "A", "A+1", "-a^2", "2*(A-3)/A")
	}
	got, ok := both(d, "trends", r, func(e *answer.Engine) (insight.TrendsAnswer, error) { return e.Trends(d.t.Context(), d.org, r) })
	if !ok || r.Formula != "" || len(got.Rows) == 0 {
		return
	}
	row := pick(d.Rand, got.Rows...)
	cell := insight.TrendsCell{TrendCell: insight.TrendCell{Series: row.Series, Key: row.Key, Bucket: -1}, Previous: row.Previous}
	if !r.TotalValue {
		cell.Bucket = busy(d, append([]float64{row.Total}, row.Values...), func(v float64) bool { return v != 0 }) - 1
	}
	page := d.actorPage()
	both(d, "trend actors", []any{r, cell}, func(e *answer.Engine) ([]string, error) { return e.TrendActors(d.t.Context(), d.org, r, cell, page) })
}

func (d *duel) funnel() {
	d.t.Helper()
	r := insight.FunnelRequest{
		Audience: d.audience(), Period: d.period(), Steps: d.matchers(pick(d.Rand, 1, 2, 2, 3, 4)), Order: insight.Order(1 + d.IntN(3)),
		Window:    insight.Window{Value: 1 + d.IntN(5), Unit: pick(d.Rand, insight.WindowMinute, insight.WindowHour, insight.WindowDay, insight.WindowDay, insight.WindowWeek, insight.WindowMonth)},
		Breakdown: d.breakdown(), Attribution: insight.Attribution(1 + d.IntN(4)), View: insight.FunnelView(1 + d.IntN(3)), BinCount: d.IntN(4),
		CountsOnly: d.odds(2),
	}
	if d.odds(2) {
		r.Breakdown = nil
	}
	if r.View != insight.FunnelTrends {
		r.Interval = 0
	}
	if last := len(r.Steps) - 1; last > 0 && d.odds(3) {
		r.Exclusions = []insight.Exclusion{{Matcher: d.matcher(), From: 0, To: last}}
	}
	r.AttributionStep = d.IntN(len(r.Steps))
	got, ok := both(d, "funnel", r, func(e *answer.Engine) (insight.FunnelAnswer, error) { return e.Funnel(d.t.Context(), d.org, r) })
	if !ok || len(got.Rows) == 0 {
		return
	}
	cell := insight.FunnelCell{Key: pick(d.Rand, got.Rows...).Key, Step: d.IntN(len(r.Steps)), Standing: pick(d.Rand, insight.Converted, insight.Converted, insight.Dropped), Bin: d.IntN(3)}
	switch r.View {
	case insight.FunnelTrends:
		cell.Standing = insight.Standing(1 + d.IntN(3))
		cell.Bucket = busy(d, got.Rows[0].Periods, func(p insight.FunnelPeriod) bool { return p.Entered > 0 })
	case insight.TimeToConvert:
		cell.Standing = insight.Converted
	case insight.FunnelSteps:
	}
	page := d.actorPage()
	both(d, "funnel actors", []any{r, cell}, func(e *answer.Engine) ([]string, error) { return e.FunnelActors(d.t.Context(), d.org, r, cell, page) })
}

func (d *duel) retention() {
	d.t.Helper()
	asOf := pick(d.Rand, d.clock(), d.clock(), d.instant())
	r := insight.RetentionRequest{
		Audience: d.audience(), Target: d.matcher(), Returning: d.matcher(), FirstTime: d.odds(2), Total: 2 + d.IntN(8), AsOf: &asOf,
		Interval: pick(d.Rand, events.Hour, events.Day, events.Week, events.Month), Zone: d.zone(), FirstDay: pick(d.Rand, time.Sunday, time.Monday),
	}
	both(d, "retention", r, func(e *answer.Engine) (insight.RetentionAnswer, error) { return e.Retention(d.t.Context(), d.org, r) })
	row := d.IntN(r.Total)
	both(d, "retention actors", []any{r, row}, func(e *answer.Engine) ([]insight.Appearances, error) {
		return e.RetentionActors(d.t.Context(), d.org, r, row, 0, 100)
	})
}

func (d *duel) stickiness() {
	d.t.Helper()
	r := insight.StickinessRequest{Audience: d.audience(), Period: d.period(), Series: d.matchers(1 + d.IntN(2))}
	got, ok := both(d, "stickiness", r, func(e *answer.Engine) (insight.StickinessAnswer, error) { return e.Stickiness(d.t.Context(), d.org, r) })
	if !ok {
		return
	}
	series, page := d.IntN(len(r.Series)), d.actorPage()
	k := 1 + busy(d, got.Counts[series], func(n int64) bool { return n > 0 })
	both(d, "stickiness actors", []any{r, series, k}, func(e *answer.Engine) ([]string, error) {
		return e.StickinessActors(d.t.Context(), d.org, r, series, k, page)
	})
}

func (d *duel) lifecycle() {
	d.t.Helper()
	r := insight.LifecycleRequest{Audience: d.audience(), Period: d.period(), Series: d.matchers(1)}
	got, ok := both(d, "lifecycle", r, func(e *answer.Engine) (insight.LifecycleAnswer, error) { return e.Lifecycle(d.t.Context(), d.org, r) })
	if !ok {
		return
	}
	bucket := busy(d, got.Rows, func(r insight.LifecycleRow) bool { return r != insight.LifecycleRow{} })
	status, page := insight.Status(1+d.IntN(4)), d.actorPage()
	both(d, "lifecycle actors", []any{r, bucket, status}, func(e *answer.Engine) ([]string, error) {
		return e.LifecycleActors(d.t.Context(), d.org, r, bucket, status, page)
	})
}

func (d *duel) paths() {
	d.t.Helper()
	r := insight.PathsRequest{Audience: d.audience(), Period: d.period(), Ways: insight.PathsQuery{
		Sources:   []insight.PathSource{{Name: "a", Property: "p"}, {}},
		Gap:       pick(d.Rand, 0, time.Minute, 24*time.Hour, 72*time.Hour),
		StepLimit: pick(d.Rand, 0, 2, 3),
		Start:     pick(d.Rand, "", "", "", "", "a", "b"), End: pick(d.Rand, "", "", "", "", "c", "A"),
		MinWeight: pick[int64](d.Rand, 0, 0, 0, 2), MaxWeight: pick[int64](d.Rand, 0, 0, 0, 3), EdgeLimit: pick(d.Rand, 0, 3),
	}}
	if d.odds(3) {
		r.Ways.Sources = []insight.PathSource{{Name: "$d"}, {Name: "b", Property: "n"}, {Name: "b"}, {Name: "c", Property: "p"}}
	}
	if d.odds(4) {
		r.Ways.Exclude = []string{pick(d.Rand, "a", "x")}
	}
	if d.odds(3) {
		r.Ways.Cleaning, r.Ways.Groupings, r.Ways.Exclude = []insight.Cleaning{{Pattern: regexp.MustCompile(`[0-9]+`), Alias: "$1"}}, []string{"x*y", "*a"}, []string{"b"}
	}
	edges, ok := both(d, "paths", r, func(e *answer.Engine) ([]insight.Edge, error) { return e.Paths(d.t.Context(), d.org, r) })
	if !ok || len(edges) == 0 {
		return
	}
	edge, page := pick(d.Rand, edges...), d.actorPage()
	both(d, "path actors", []any{r, edge}, func(e *answer.Engine) ([]string, error) { return e.PathActors(d.t.Context(), d.org, r, edge, page) })
}

// sequences asks the stores themselves.
func (d *duel) sequences() {
	d.t.Helper()
	a := d.audience()
	q := insight.SequenceQuery{
		Question: a.Question(d.within()), Matchers: d.matchers(d.IntN(4)), All: d.odds(2), Names: d.odds(2), Keys: some(d.Rand, eventKeys...),
	}
	if q.By == insight.Developers {
		q.DeveloperKeys = some(d.Rand, eventKeys...)
		if d.odds(2) {
			q.Cohorts = []*insight.Cohort{d.cohort(1)}
		}
	}
	collect := func(s insight.Store) map[string]insight.Sequence {
		all := map[string]insight.Sequence{}
		require.NoError(d.t, s.Sequences(d.t.Context(), d.org, q, func(s insight.Sequence) error {
			require.NotContains(d.t, all, s.Actor, "an actor comes once")
			all[s.Actor] = s
			return nil
		}), d.label)
		return all
	}
	same(d, collect(d.want), collect(d.got), "sequences", q)
}

func (d *duel) earliest() {
	d.t.Helper()
	want, wantOK, err := d.want.Earliest(d.t.Context(), d.org)
	require.NoError(d.t, err)
	got, gotOK, err := d.got.Earliest(d.t.Context(), d.org)
	require.NoError(d.t, err)
	same(d, want, got, "earliest", nil)
	same(d, wantOK, gotOK, "earliest", nil)
}

// busy returns a random place where something happened, any place when there is none.
func busy[T any](d *duel, list []T, happened func(T) bool) int {
	var places []int
	for i, v := range list {
		if happened(v) {
			places = append(places, i)
		}
	}
	if len(places) == 0 || d.odds(6) {
		return d.IntN(len(list))
	}
	return pick(d.Rand, places...)
}
