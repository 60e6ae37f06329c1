package postgres

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// company fills the tables: of so many events half are the organization's that is asked, of 20,000 developers over 90 days, 60 names with a few common ones.
const company = `
INSERT INTO events (organization_id, id, name, occurred_at, received_at, actor_kind, actor_value, developer_id, source_kind, tool, tool_version, machine,
    project, packages, session_id, properties)
SELECT
    CASE WHEN n % 2 = 0 THEN $2::uuid ELSE $3::uuid END,
    md5(n::text)::uuid,
    'event.' || floor(60 * power(r.a, 3))::int,
    '2026-01-01'::timestamptz + r.b * interval '90 days',
    '2026-04-01',
    1,
    'person-' || r.p,
    md5('d' || r.p)::uuid,
    1,
    'tool',
    '1',
    'machine-' || r.p % 5000,
    'project-' || r.p % 300,
    '{}',
    '',
    '{"browser":"' || (ARRAY['a', 'b', 'c', 'd', 'e'])[1 + n % 5] || '","commit":"' || md5(n::text) || '","seconds":' || n % 1000 || '}'
FROM generate_series(1, $1::int) AS n
CROSS JOIN LATERAL (
    SELECT
        random() AS a,
        random() AS b,
        floor(20000 * power(random(), 2))::int AS p,
        n AS same
    OFFSET 0
) AS r`

// byHand is the best SQL for the same questions that was found by hand.
var byHand = map[string]string{
	"trend": `
SELECT date_trunc('day', occurred_at, 'UTC') AS day, count(*)
FROM events
WHERE organization_id = $1 AND name = 'event.1' AND occurred_at >= '2026-02-01' AND occurred_at < '2026-03-03'
GROUP BY 1`,
	"trend of people": `
SELECT day, count(DISTINCT developer_id)
FROM (
    SELECT DISTINCT date_trunc('day', occurred_at, 'UTC') AS day, developer_id
    FROM events
    WHERE organization_id = $1 AND name = 'event.1' AND occurred_at >= '2026-02-01' AND occurred_at < '2026-03-03'
) AS seen
GROUP BY GROUPING SETS ((), (day))`,
	"breakdown": `
SELECT properties::json ->> 'browser', date_trunc('day', occurred_at, 'UTC') AS day, count(*)
FROM events
WHERE organization_id = $1 AND name = 'event.1' AND occurred_at >= '2026-02-01' AND occurred_at < '2026-03-03'
GROUP BY 1, 2`,
	"funnel": `
SELECT count(*) FILTER (WHERE a), count(*) FILTER (WHERE b), count(*) FILTER (WHERE c)
FROM (
    SELECT developer_id, bool_or(name = 'event.1') AS a, bool_or(s1 IS NOT NULL) AS b, bool_or(s2 IS NOT NULL) AS c
    FROM (
        SELECT *, CASE WHEN name = 'event.3' AND occurred_at <= max(s1) OVER w + interval '14 days' THEN max(s1) OVER w END AS s2
        FROM (
            SELECT developer_id, name, occurred_at,
                CASE WHEN name = 'event.2' AND occurred_at <= max(occurred_at) FILTER (WHERE name = 'event.1') OVER w + interval '14 days'
                    THEN max(occurred_at) FILTER (WHERE name = 'event.1') OVER w END AS s1
            FROM events
            WHERE organization_id = $1 AND name = ANY ('{event.1,event.2,event.3}') AND occurred_at >= '2026-02-01' AND occurred_at < '2026-03-03'
            WINDOW w AS (PARTITION BY developer_id ORDER BY occurred_at GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ) AS first
        WINDOW w AS (PARTITION BY developer_id ORDER BY occurred_at GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS second
    GROUP BY developer_id
) AS actors`,
	"retention": `
WITH pairs AS MATERIALIZED (
    SELECT DISTINCT developer_id, floor(extract(epoch FROM occurred_at - '2026-01-01') / 604800)::int AS week
    FROM events
    WHERE organization_id = $1 AND name = 'event.1' AND occurred_at >= '2026-01-01' AND occurred_at < '2026-04-02'
)
SELECT a.week, b.week, count(*)
FROM pairs AS a
JOIN pairs AS b ON b.developer_id = a.developer_id AND b.week >= a.week
GROUP BY 1, 2`,
}

// BenchmarkInsights asks questions by the store and by hand, in turns. DEVTRAIL_BENCH_EVENTS says of how many events, 200,000 unless it is set.
func BenchmarkInsights(b *testing.B) {
	url := dbtest.Postgres(b, eventsmigrations.Postgres())
	s, err := Open(b.Context(), url, "bench", storetest.Questions, time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	pool, err := pg.Open(b.Context(), url+"&statement_timeout=0&jit=off", pg.Options{})
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	n := 200_000
	if text := os.Getenv("DEVTRAIL_BENCH_EVENTS"); text != "" {
		n, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	_, err = pool.Exec(b.Context(), company, n, storetest.ID("org"), storetest.ID("other"))
	require.NoError(b, err)
	_, err = pool.Exec(b.Context(), "VACUUM ANALYZE events")
	require.NoError(b, err)
	for _, q := range benchQuestions {
		b.Run(q.name, func(b *testing.B) { alternate(b, s, pool, q) })
	}
}

// alternate measures a question by the store and by hand, one after the other, and reports the milliseconds of both: the quickest time of each, which
// other work on the machine disturbs least.
func alternate(b *testing.B, s *Store, pool *pgxpool.Pool, q benchQuestion) {
	b.Helper()
	store, hand := time.Hour, time.Hour
	for b.Loop() {
		begun := b.Elapsed()
		require.NoError(b, q.ask(b.Context(), s))
		middle := b.Elapsed()
		rows, err := pool.Query(b.Context(), byHand[q.name], storetest.ID("org"))
		require.NoError(b, err)
		for rows.Next() {
			_, err := rows.Values()
			require.NoError(b, err)
		}
		require.NoError(b, rows.Err())
		store, hand = min(store, middle-begun), min(hand, b.Elapsed()-middle)
	}
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(milliseconds(store), "store-ms")
	b.ReportMetric(milliseconds(hand), "hand-ms")
	b.ReportMetric(milliseconds(store)/milliseconds(hand), "ratio")
}

type benchQuestion struct {
	name string
	ask  func(context.Context, *Store) error
}

var (
	benchStart = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	benchMonth = insight.Question{Range: events.Range{Start: benchStart, End: benchStart.AddDate(0, 0, 30)}, By: insight.Developers}
)

func benchTrend(ctx context.Context, s *Store, m insight.Math, b *insight.Breakdown) error {
	q := insight.TrendsQuery{Question: benchMonth, Breakdown: b, Series: []insight.Series{{Matcher: named("event.1"), Math: m}}}
	for day := range 30 {
		q.Buckets = append(q.Buckets, benchStart.AddDate(0, 0, day))
	}
	if b != nil {
		for _, v := range []string{"a", "b", "c", "d", "e"} {
			q.Series[0].Keys = append(q.Series[0].Keys, insight.NewKey(insight.Part{Text: v}))
		}
	}
	_, err := s.TrendRows(ctx, storetest.ID("org"), q)
	return err
}

func named(name string) insight.Matcher { return insight.Matcher{{Name: name}} }

var benchQuestions = []benchQuestion{
	{"trend", func(ctx context.Context, s *Store) error { return benchTrend(ctx, s, insight.Total, nil) }},
	{"trend of people", func(ctx context.Context, s *Store) error { return benchTrend(ctx, s, insight.UniqueActors, nil) }},
	{"breakdown", func(ctx context.Context, s *Store) error {
		return benchTrend(ctx, s, insight.Total, &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"browser"}})
	}},
	{"funnel", func(ctx context.Context, s *Store) error {
		_, _, err := s.FunnelCounts(ctx, storetest.ID("org"), insight.FunnelQuery{
			Question: benchMonth, Steps: []insight.Matcher{named("event.1"), named("event.2"), named("event.3")}, Order: insight.Ordered,
			Window: insight.Window{Value: 14, Unit: insight.WindowDay},
		})
		return err
	}},
	{"retention", func(ctx context.Context, s *Store) error {
		q := insight.RetentionQuery{Question: benchMonth, Target: named("event.1"), Returning: named("event.1")}
		first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for week := range 13 {
			q.Intervals = append(q.Intervals, events.Range{Start: first.AddDate(0, 0, 7*week), End: first.AddDate(0, 0, 7*week+7)})
		}
		q.Range = events.Range{Start: first, End: q.Intervals[12].End}
		_, err := s.Retention(ctx, storetest.ID("org"), q)
		return err
	}},
}
