package server

import (
	"context"
	"embed"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/storetest"
)

// handWritten are the statements that a person would write for the questions of BenchmarkQuestions, by engine, and what fills the tables.
//
//go:embed testdata/questions
var handWritten embed.FS

// asked is the organization that is asked; it has half the events.
var asked = uuid.MustParse("00000000-0000-4000-9000-000000000000")

// unasked is the organization that has the others.
var unasked = uuid.MustParse("00000000-0000-4000-a000-000000000000")

// The events lie in 13 weeks from a Monday on. What looks at 30 days looks at the last.
var (
	questionStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	questionEnd   = questionStart.AddDate(0, 0, 91)
)

// promotedKey is the key of a property that has a column of its own.
const promotedKey = "branch"

// desk is the contract as a client has it.
type desk struct {
	insight eventsv1.InsightServiceClient
	events  eventsv1.EventServiceClient
}

// byHand runs hand-written statements and reads all rows.
type byHand interface {
	// load makes events, which go to the organizations in turns.
	load(b *testing.B, events int, organizations ...uuid.UUID)
	run(ctx context.Context, statement string) error
}

func since(days int) *eventsv1.DateRange {
	return &eventsv1.DateRange{
		From: &eventsv1.DateRange_Start{Start: timestamppb.New(questionEnd.AddDate(0, 0, -days))},
		To:   &eventsv1.DateRange_End{End: timestamppb.New(questionEnd.Add(-time.Microsecond))},
	}
}

func nameMatcher(name string) *eventsv1.EventMatcher {
	return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: name}}
}

// anything is a matcher of every event.
func anything() *eventsv1.InlineAction {
	return &eventsv1.InlineAction{Steps: []*eventsv1.ActionStep{{}}}
}

// benchQuestions are one question of each kind by the name of its hand-written statement. Postgres is asked about one name where ClickHouse is about all.
func benchQuestions(d desk, engine string) map[string]func(context.Context) error {
	every := &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_Action{Action: anything()}}
	series := &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_Action{Action: anything()}, Math: eventsv1.Math_MATH_UNIQUE_ACTORS}
	builds := &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: "build.finished"}}
	if engine == storePostgres {
		every = nameMatcher("build.finished")
		series.Match = builds.GetMatch()
	}
	trend := func(s *eventsv1.TrendSeries, by *eventsv1.Breakdown) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := d.insight.QueryTrends(ctx, &eventsv1.QueryTrendsRequest{
				Range: since(30), Interval: eventsv1.Interval_INTERVAL_DAY, Series: []*eventsv1.TrendSeries{s}, Breakdown: by,
			})
			return err
		}
	}
	return map[string]func(context.Context) error{
		"trend":     trend(builds, nil),
		"actors":    trend(series, nil),
		"breakdown": trend(builds, &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: []string{"language"}}),
		"promoted":  trend(builds, &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: []string{promotedKey}}),
		"funnel": func(ctx context.Context) error {
			_, err := d.insight.QueryFunnel(ctx, &eventsv1.QueryFunnelRequest{
				Range: since(30), Steps: []*eventsv1.EventMatcher{nameMatcher("package.viewed"), nameMatcher("commit.authored"), nameMatcher("build.finished")},
				Window: &eventsv1.FunnelWindow{Value: 1, Unit: eventsv1.WindowUnit_WINDOW_UNIT_DAY}, CountsOnly: true,
			})
			return err
		},
		"retention": func(ctx context.Context) error {
			_, err := d.insight.QueryRetention(ctx, &eventsv1.QueryRetentionRequest{
				Type: eventsv1.RetentionType_RETENTION_TYPE_RECURRING, Period: eventsv1.Interval_INTERVAL_WEEK, TotalIntervals: 13,
				AsOf: timestamppb.New(questionEnd.Add(-time.Hour)), Target: every, Returning: every, WeekStart: eventsv1.WeekStart_WEEK_START_MONDAY,
			})
			return err
		},
		"stickiness": func(ctx context.Context) error {
			_, err := d.insight.QueryStickiness(ctx, &eventsv1.QueryStickinessRequest{
				Range: since(30), Interval: eventsv1.Interval_INTERVAL_DAY, Series: []*eventsv1.EventMatcher{every},
			})
			return err
		},
		"lifecycle": func(ctx context.Context) error {
			_, err := d.insight.QueryLifecycle(ctx, &eventsv1.QueryLifecycleRequest{Range: since(30), Interval: eventsv1.Interval_INTERVAL_DAY, Series: every})
			return err
		},
		"paths": func(ctx context.Context) error {
			_, err := d.insight.QueryPaths(ctx, &eventsv1.QueryPathsRequest{Range: since(7), Sources: []*eventsv1.PathSource{{}}, StepLimit: 5})
			return err
		},
		"timeline": func(ctx context.Context) error {
			_, err := d.events.ListEvents(ctx, &eventsv1.ListEventsRequest{
				PageSize: 100, View: eventsv1.EventView_EVENT_VIEW_BASIC, Filter: &eventsv1.EventFilter{DeveloperIds: []string{"00000000-0000-4000-8000-000000000077"}},
			})
			return err
		},
		"exposure": func(ctx context.Context) error {
			_, err := d.events.GetExposure(ctx, &eventsv1.GetExposureRequest{Purl: "pkg:npm/p100"})
			return err
		},
		"digest": func(ctx context.Context) error {
			_, err := d.events.GetDigest(ctx, &eventsv1.GetDigestRequest{
				Range: &eventsv1.TimeRange{Start: timestamppb.New(questionEnd.AddDate(0, 0, -7)), End: timestamppb.New(questionEnd)},
			})
			return err
		},
	}
}

// BenchmarkQuestions asks each kind of question through the contract and by hand-written statements for the same, on one database whose asked organization
// has half the events. They come first in turns: who comes second finds the memory warm that the first had to ask the system for. Figures are
// the ratios of the medians. EVENTS_BENCH_STORE names the engine, clickhouse when unset, and EVENTS_BENCH_EVENTS says how many events there are, a million
// when unset; of several numbers, apart by commas, each has a database of its own, and in the end stands how the times grew from the first to each.
// EVENTS_BENCH_DATABASE is the URL of a database that an earlier run filled and left, with DEVTRAIL_TEST_KEEP and DEVTRAIL_TEST_GRACE: it is
// asked as it is. EVENTS_BENCH_KINDS are the kinds that are asked, apart by commas, all when unset.
func BenchmarkQuestions(b *testing.B) {
	engine, sizes := storeClickHouse, "1000000"
	if s := os.Getenv("EVENTS_BENCH_STORE"); s != "" {
		engine = s
	}
	if s := os.Getenv("EVENTS_BENCH_EVENTS"); s != "" {
		sizes = s
	}
	var first map[string]time.Duration
	least := 0
	for text := range strings.SplitSeq(sizes, ",") {
		size, err := strconv.Atoi(text)
		require.NoError(b, err)
		var took map[string]time.Duration
		b.Run(engine+"/"+text, func(b *testing.B) { took = askBoth(b, engine, size) })
		if first == nil {
			first, least = took, size
			continue
		}
		for kind, before := range first {
			b.Logf("%s: %-10s takes %.1f times as long on %.1f times the events", engine, kind, took[kind].Seconds()/before.Seconds(), float64(size)/float64(least))
		}
	}
}

// askBoth asks all kinds both ways on so many events, and returns the medians of ours.
func askBoth(b *testing.B, engine string, size int) map[string]time.Duration {
	b.Helper()
	cfg, kept := keptDatabase(engine)
	if !kept {
		cfg = engines[engine](b)
	}
	cfg.Query = events.DefaultQueryLimits()
	hand := openByHand(b, cfg)
	if !kept {
		began := time.Now()
		hand.load(b, size, asked, unasked)
		b.Logf("%s: %d events loaded in %s", engine, size, time.Since(began).Round(time.Second))
	}
	ctx, d := openDesk(b, cfg, kept)
	questions, times := benchQuestions(d, engine), make(map[string][]time.Duration)
	statements := make(map[string]string)
	for kind := range questions {
		if only := os.Getenv("EVENTS_BENCH_KINDS"); only != "" && !slices.Contains(strings.Split(only, ","), kind) {
			continue
		}
		text, err := handWritten.ReadFile("testdata/questions/" + engine + "/" + kind + ".sql")
		if err == nil {
			statements[kind] = string(text)
		}
	}
	timed := func(key string, ask func(context.Context) error) {
		began := time.Now()
		require.NoError(b, ask(ctx), key)
		times[key] = append(times[key], time.Since(began))
	}
	for range 3 { // warm
		for kind, statement := range statements {
			require.NoError(b, questions[kind](ctx), kind)
			require.NoError(b, hand.run(ctx, statement), kind)
		}
	}
	for round := 0; b.Loop(); round++ {
		for kind, statement := range statements {
			ours := func() { timed(kind, questions[kind]) }
			byHand := func() { timed(kind+" by hand", func(ctx context.Context) error { return hand.run(ctx, statement) }) }
			first, second := ours, byHand
			if round%2 == 1 {
				first, second = second, first
			}
			first()
			second()
			second()
			first()
		}
	}
	medians := make(map[string]time.Duration)
	for kind := range statements {
		ours, theirs := median(times[kind]), median(times[kind+" by hand"])
		medians[kind] = ours
		b.Logf("%s: %-10s %8.1f ms, by hand %8.1f ms, ratio %.2f, difference %.1f ms (quickest %.1f and %.1f)", engine, kind, 1000*ours.Seconds(), 1000*theirs.Seconds(),
			ours.Seconds()/theirs.Seconds(), 1000*(ours-theirs).Seconds(), 1000*slices.Min(times[kind]).Seconds(), 1000*slices.Min(times[kind+" by hand"]).Seconds())
		b.ReportMetric(ours.Seconds()/theirs.Seconds(), kind+"/hand")
	}
	return medians
}

// openDesk opens the contract on a database, with what a question of the asked organization brings along. In a new one a property is promoted.
func openDesk(b *testing.B, cfg Config, kept bool) (context.Context, desk) {
	b.Helper()
	store, _, err := openStore(b.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	if cfg.Store == storeClickHouse && !kept {
		storetest.Promote(b, store, asked, promotedKey)
	}
	_, identity := identitytest.Start(b)
	now := func() time.Time { return questionEnd }
	conn := servetest.Start(b, "events", serve.Deps{Verifier: servetest.Verifier{
		"analyst": {OrganizationID: asked.String(), Role: accessv1.Role_ROLE_ANALYST, CredentialID: "1"},
	}}, rpc.New(store, identity, slog.New(slog.DiscardHandler), now).Register)
	return servetest.As(b.Context(), "analyst"), desk{insight: eventsv1.NewInsightServiceClient(conn), events: eventsv1.NewEventServiceClient(conn)}
}

// keptDatabase are the settings of the database of an earlier run, if there is one.
func keptDatabase(engine string) (cfg Config, kept bool) {
	url, kept := os.LookupEnv("EVENTS_BENCH_DATABASE")
	return Config{Store: engine, ClickHouseURL: url, PostgresURL: url}, kept
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
