package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/lease"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/people"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// How many identities and developers there are, and how many events each organization of the comparison has.
const (
	benchIdentities = 40_000
	benchDevelopers = 20_000
	benchClickHouse = 1_000_000
	benchPostgres   = 250_000
)

// benchStart is when the events of the comparison begin; they go on for 90 days.
var benchStart = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// benchStore opens a store. The second result has Postgres learn what its tables hold, as it does by itself within a minute.
func benchStore(b *testing.B, engine string) (insight.Engine, func()) {
	b.Helper()
	cfg := Config{Store: engine, Query: events.DefaultQueryLimits()}
	if engine == storeClickHouse {
		cfg.ClickHouseURL = dbtest.ClickHouse(b, eventsmigrations.ClickHouse())
	} else {
		cfg.PostgresURL = dbtest.Postgres(b, eventsmigrations.Postgres())
	}
	store, _, err := openStore(b.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	return store, func() {
		if engine != storePostgres {
			return
		}
		conn, err := pgx.Connect(b.Context(), cfg.PostgresURL)
		require.NoError(b, err)
		_, err = conn.Exec(b.Context(), "ANALYZE")
		require.NoError(b, err)
		require.NoError(b, conn.Close(b.Context()))
	}
}

func benchActor(n int) events.Identity {
	return events.Identity{Kind: 1, Value: fmt.Sprintf("person-%d@example.org", n)}
}

func benchDeveloper(n int) uuid.UUID { return storetest.ID(fmt.Sprint("developer ", n)) }

// fill appends n events, every tenth with a package.
func fill(b *testing.B, store events.Store, organization uuid.UUID, n int, developers []uuid.UUID) {
	b.Helper()
	const size = 50_000
	for from := 0; from < n; from += size {
		batch := make([]events.Event, min(size, n-from))
		for i := range batch {
			k := from + i
			who := int(uint64(k) * 0x9e3779b97f4a7c15 >> 40 % benchIdentities)
			at := benchStart.Add(time.Duration(k) * (90 * 24 * time.Hour / time.Duration(n))).Truncate(time.Microsecond)
			e := events.Event{
				ID: uuid.New(), Name: fmt.Sprint("event.", k%30), OccurredAt: at, ReceivedAt: at, Actor: benchActor(who), DeveloperID: developers[who/2],
				Source: events.Source{Kind: events.SourceGit, Tool: "git", Machine: fmt.Sprint("machine-", who%5000)}, Project: fmt.Sprint("github.com/own/", k%200),
				Properties: `{"files":3,"language":"go"}`,
			}
			if k%10 == 0 {
				e.Packages = []string{fmt.Sprintf("pkg:npm/x@%d", k%7)}
			}
			batch[i] = e
		}
		_, err := store.Append(b.Context(), organization, batch)
		require.NoError(b, err)
	}
}

// merges gives the second identity of each of n developers to the next developer.
func merges(b *testing.B, store events.Store, organization uuid.UUID, n int, developers []uuid.UUID) {
	b.Helper()
	changes := make([]events.Reassignment, n)
	for i := range changes {
		changes[i] = events.Reassignment{Identity: benchActor(2*i + 1), DeveloperID: developers[(i+1)%benchDevelopers], Sequence: int64(i + 1)}
	}
	for some := range slices.Chunk(changes, 1000) {
		require.NoError(b, store.Reassign(b.Context(), organization, some))
	}
}

// kindsOfQuestions are one question of each kind.
func kindsOfQuestions(developer uuid.UUID) map[string]func(context.Context, insight.Engine, uuid.UUID) error {
	within := events.Range{Start: benchStart, End: benchStart.AddDate(0, 0, 91)}
	question := insight.Question{Range: within, By: insight.Developers}
	var days, weeks []time.Time
	var intervals []events.Range
	for at := within.Start; at.Before(within.End); at = at.AddDate(0, 0, 1) {
		days = append(days, at)
	}
	for at := within.Start; at.Before(within.End); at = at.AddDate(0, 0, 7) {
		weeks = append(weeks, at)
		intervals = append(intervals, events.Range{Start: at, End: at.AddDate(0, 0, 7)})
	}
	matcher := func(name string) insight.Matcher { return insight.Matcher{{Name: name}} }
	trend := func(math insight.Math) func(context.Context, insight.Engine, uuid.UUID) error {
		return func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.TrendRows(ctx, org, insight.TrendsQuery{Question: question, Buckets: days, Series: []insight.Series{{Matcher: matcher(""), Math: math}}})
			return err
		}
	}
	return map[string]func(context.Context, insight.Engine, uuid.UUID) error{
		"timeline": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.List(ctx, org, events.ListQuery{Range: within, Limit: 100, Filter: events.Filter{DeveloperIDs: []uuid.UUID{developer}}})
			return err
		},
		"list": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.List(ctx, org, events.ListQuery{Range: within, Limit: 100})
			return err
		},
		"exposure": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.Exposure(ctx, org, events.ExposureQuery{Package: "pkg:npm/x", Range: within, Limit: 100})
			return err
		},
		"digest": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			q, err := events.NewDigestQuery(&within.Start, &within.End)
			if err != nil {
				return err
			}
			q.Limit = 20
			_, err = s.Digest(ctx, org, q)
			return err
		},
		"trend of events": trend(insight.Total),
		"trend of actors": trend(insight.UniqueActors),
		"retention": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.Retention(ctx, org, insight.RetentionQuery{Question: question, Intervals: intervals, Target: matcher("event.1"), Returning: matcher("event.2")})
			return err
		},
		"stickiness": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.Stickiness(ctx, org, insight.StickinessQuery{Question: question, Buckets: weeks, Series: []insight.Matcher{matcher("")}})
			return err
		},
		"lifecycle": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.Lifecycle(ctx, org, insight.LifecycleQuery{Question: question, Buckets: weeks, Before: within.Start.AddDate(0, 0, -7), Matcher: matcher("")})
			return err
		},
	}
}

// BenchmarkMerges measures what pending and folded merges cost a question of each kind: organizations with equal events are asked in turns, one without
// merges, two with 1,000 and 10,000 pending ones and one whose 10,000 are folded. Figures are ratios of the median times to that without.
func BenchmarkMerges(b *testing.B) {
	for engine, size := range map[string]int{storeClickHouse: benchClickHouse, storePostgres: benchPostgres} {
		b.Run(engine, func(b *testing.B) {
			store, learn := benchStore(b, engine)
			developers := make([]uuid.UUID, benchDevelopers)
			for i := range developers {
				developers[i] = benchDeveloper(i)
			}
			states := []string{"none", "folded", "1000", "10000"}
			for _, state := range states {
				fill(b, store, storetest.ID(state), size, developers)
			}
			learn()
			merges(b, store, storetest.ID("folded"), 10_000, developers)
			began := time.Now()
			for n := 1; n > 0; {
				var err error
				n, err = store.Fold(b.Context(), 10_000)
				require.NoError(b, err)
			}
			b.Logf("%s: folding 10,000 merges where %d events are stored took %s", engine, len(states)*size, time.Since(began).Round(time.Millisecond))
			merges(b, store, storetest.ID("1000"), 1000, developers)
			merges(b, store, storetest.ID("10000"), 10_000, developers)
			learn()
			questions := kindsOfQuestions(developers[1])
			times := make(map[string][]time.Duration)
			for b.Loop() {
				for kind, ask := range questions {
					for _, state := range states {
						began := time.Now()
						require.NoError(b, ask(b.Context(), store, storetest.ID(state)), "%s, %s", kind, state)
						times[kind+"/"+state] = append(times[kind+"/"+state], time.Since(began))
					}
				}
			}
			report(b, engine, questions, times)
		})
	}
}

func report(b *testing.B, engine string, questions map[string]func(context.Context, insight.Engine, uuid.UUID) error, times map[string][]time.Duration) {
	b.Helper()
	median := func(key string) float64 {
		slices.Sort(times[key])
		return times[key][len(times[key])/2].Seconds()
	}
	kinds := make([]string, 0, len(questions))
	for kind := range questions {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		none := median(kind + "/none")
		b.Logf("%s: %-16s %7.1f ms; 1,000 pending %.2f, 10,000 pending %.2f, 10,000 folded %.2f", engine, kind, 1000*none,
			median(kind+"/1000")/none, median(kind+"/10000")/none, median(kind+"/folded")/none)
		b.ReportMetric(median(kind+"/10000")/none, strings.ReplaceAll(kind, " ", "-")+"-pending/none")
		b.ReportMetric(median(kind+"/folded")/none, strings.ReplaceAll(kind, " ", "-")+"-folded/none")
	}
}

// BenchmarkMergeShows measures how long after the identity service's answer a merge shows in a list, an exposure and a trend, while the follower follows.
func BenchmarkMergeShows(b *testing.B) {
	for _, engine := range []string{storeClickHouse, storePostgres} {
		b.Run(engine, func(b *testing.B) {
			store, _ := benchStore(b, engine)
			service, client := identitytest.Start(b)
			ctx, stop := context.WithCancel(b.Context())
			done := make(chan error, 1)
			directory := people.NewDirectory(client, store)
			go func() { done <- people.NewFollower(directory, slog.New(slog.DiscardHandler)).Run(ctx) }()
			b.Cleanup(func() {
				stop()
				require.NoError(b, <-done)
			})
			org := uuid.MustParse(organization)
			worst, n := time.Duration(0), 0
			for b.Loop() {
				n++
				source, target := benchDeveloper(2*n), benchDeveloper(2*n+1)
				identity := benchActor(n)
				service.Link(organization, &identityv1.Identity{Kind: identityv1.IdentityKind(identity.Kind), Value: identity.Value}, source.String())
				e := events.Event{
					ID: uuid.New(), Name: "package.added", OccurredAt: benchStart, ReceivedAt: benchStart, Actor: identity, DeveloperID: source, Properties: "{}",
					Packages: []string{fmt.Sprintf("pkg:npm/p%d@1", n)}, Source: events.Source{Kind: events.SourceGit},
				}
				_, err := store.Append(b.Context(), org, []events.Event{e})
				require.NoError(b, err)
				service.Merge(organization, target.String(), source.String())
				began := time.Now()
				for !shows(b, store, org, e, target) {
				}
				worst = max(worst, time.Since(began))
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
}

// shows tells whether an event is a developer's in a list, an exposure and a trend.
func shows(b *testing.B, store insight.Engine, org uuid.UUID, e events.Event, developer uuid.UUID) bool {
	b.Helper()
	f := events.Filter{DeveloperIDs: []uuid.UUID{developer}}
	list, err := store.List(b.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 1, Filter: f})
	require.NoError(b, err)
	name, _, _ := strings.Cut(e.Packages[0], "@")
	x, err := store.Exposure(b.Context(), org, events.ExposureQuery{Package: name, Range: events.AllTime, Limit: 1})
	require.NoError(b, err)
	q := insight.TrendsQuery{Question: insight.Question{Range: events.AllTime, By: insight.Developers, Filter: f}, Series: []insight.Series{{
		Matcher: insight.Matcher{{}}, Math: insight.UniqueActors,
	}}}
	rows, err := store.TrendRows(b.Context(), org, q)
	require.NoError(b, err)
	return len(list) == 1 && len(x.Developers.Rows) == 1 && x.Developers.Rows[0].Key == developer && len(rows) == 1 && rows[0].Total == 1
}
