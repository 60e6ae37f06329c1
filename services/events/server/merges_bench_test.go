package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/lease"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/joining"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/storetest"
)

// benchStart is when the events of a merge that must show happened.
var benchStart = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// mergeStates are what the organizations of the comparison differ in: how many merges are pending, or folded.
var mergeStates = []mergeState{{}, {merges: 1}, {merges: 1, folded: true}, {merges: 1000}, {merges: 1000, folded: true}}

type mergeState struct {
	merges int
	folded bool
}

func (s mergeState) String() string {
	switch {
	case s.merges == 0:
		return "none"
	case s.folded:
		return fmt.Sprint(s.merges, " folded")
	}
	return fmt.Sprint(s.merges, " pending")
}

func (s mergeState) organization() uuid.UUID { return storetest.ID(s.String()) }

// benchStore opens a store, on the database of EVENTS_BENCH_DATABASE if that is set. Fill fills it when it is new.
func benchStore(b *testing.B, engine string) (store insight.Engine, database string, fill func(events int)) {
	b.Helper()
	cfg, kept := keptDatabase(engine)
	if !kept {
		cfg = engines[engine](b)
	}
	cfg.Query = events.DefaultQueryLimits()
	store, _, err := openStore(b.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	return store, cmp.Or(cfg.PostgresURL, cfg.ClickHouseURL), func(n int) {
		if kept {
			return
		}
		organizations := make([]uuid.UUID, len(mergeStates))
		for i, s := range mergeStates {
			organizations[i] = s.organization()
		}
		openByHand(b, cfg).load(b, n, organizations...)
		mergeAndFold(b, engine, store)
	}
}

// mergeAndFold brings the organizations into their states.
func mergeAndFold(b *testing.B, engine string, store insight.Engine) {
	b.Helper()
	for _, folded := range []bool{true, false} {
		for _, s := range mergeStates {
			if s.folded == folded {
				merges(b, store, s)
			}
		}
		began := time.Now()
		for n := 1; n > 0 && folded; {
			var err error
			n, err = store.Fold(b.Context(), 10_000)
			require.NoError(b, err)
		}
		if folded {
			b.Logf("%s: folding 1,001 merges took %s", engine, time.Since(began).Round(time.Millisecond))
		}
	}
}

func benchActor(n int) events.Identity {
	return events.Identity{Kind: 1, Value: fmt.Sprintf("person-%d@example.org", n)}
}

// benchDeveloper is whom the events of an identity are stamped with.
func benchDeveloper(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

// merges gives every second developer's identity to the developer before.
func merges(b testing.TB, store events.Store, s mergeState) {
	b.Helper()
	changes := make([]events.Reassignment, s.merges)
	for i := range changes {
		source := benchDeveloper(2*i + 1)
		changes[i] = events.Reassignment{Identity: benchActor(2*i + 1), DeveloperID: benchDeveloper(2 * i), Previous: &source, Sequence: int64(i + 1)}
	}
	require.NoError(b, store.Reassign(b.Context(), s.organization(), changes))
}

// kindsOfQuestions are one question of each kind.
func kindsOfQuestions(developer uuid.UUID) map[string]func(context.Context, insight.Engine, uuid.UUID) error {
	within := events.Range{Start: questionStart, End: questionEnd}
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
		"digest of one": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			q, err := events.NewDigestQuery(&within.Start, &within.End)
			if err != nil {
				return err
			}
			q.Limit, q.Filter.DeveloperIDs = 20, []uuid.UUID{developer}
			_, err = s.Digest(ctx, org, q)
			return err
		},
		"trend of one": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			one := question
			one.Filter.DeveloperIDs = []uuid.UUID{developer}
			_, err := s.TrendRows(ctx, org, insight.TrendsQuery{Question: one, Buckets: days, Series: []insight.Series{{Matcher: matcher(""), Math: insight.Total}}})
			return err
		},
		"list": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.List(ctx, org, events.ListQuery{Range: within, Limit: 100})
			return err
		},
		"exposure": func(ctx context.Context, s insight.Engine, org uuid.UUID) error {
			_, err := s.Exposure(ctx, org, events.ExposureQuery{Package: "pkg:npm/p100", Range: within, Limit: 100})
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
			_, err := s.Retention(ctx, org, insight.RetentionQuery{Question: question, Intervals: intervals, Target: matcher("build.finished"), Returning: matcher("commit.authored")})
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

// BenchmarkMerges measures what pending and folded merges cost a question of each kind: organizations with events that are alike are asked in turns, one
// without merges, two with one and with 1,000 pending ones and two where as many are folded. Nothing folds meanwhile. The store is asked, but for one question that a client asks of the service. Figures are ratios of the median times to
// that without merges, whose answer may be another one, and to that where the same merges are folded, whose answer is the same. EVENTS_BENCH_STORE names the engine, both when unset; EVENTS_BENCH_EVENTS says how many events there are in all; EVENTS_BENCH_DATABASE is the
// URL of a database that an earlier run filled and left, which is asked as it is.
func BenchmarkMerges(b *testing.B) {
	for _, engine := range benchEngines() {
		b.Run(engine, func(b *testing.B) {
			store, database, fill := benchStore(b, engine)
			fill(int(benchNumber(b, "EVENTS_BENCH_EVENTS", 2_000_000)))
			questions := kindsOfQuestions(benchDeveloper(0))
			questions["timeline by RPC"] = timelineByRPC(b, engine, database, benchDeveloper(0))
			times := make(map[string][]time.Duration)
			for round := 0; b.Loop(); round++ {
				for kind, ask := range questions {
					for began, turn := time.Now(), round; turn == round || time.Since(began) < quickLength; turn++ {
						for i := range mergeStates { // each comes first as often as any other
							s := mergeStates[(turn+i)%len(mergeStates)]
							began := time.Now()
							require.NoError(b, ask(b.Context(), store, s.organization()), "%s, %s", kind, s)
							times[kind+s.String()] = append(times[kind+s.String()], time.Since(began))
						}
					}
				}
			}
			for _, kind := range slices.Sorted(maps.Keys(questions)) {
				took := func(s mergeState) float64 { return median(times[kind+s.String()]).Seconds() }
				none := took(mergeStates[0])
				ratios := []string{fmt.Sprintf("%s: %-16s %7.1f ms", engine, kind, 1000*none)}
				for _, s := range mergeStates[1:] {
					ratios = append(ratios, fmt.Sprintf("%s %.2f", s, took(s)/none))
					b.ReportMetric(took(s)/none, strings.ReplaceAll(kind+"-"+s.String(), " ", "-")+"/none")
					if !s.folded {
						alike := took(s) / took(mergeState{merges: s.merges, folded: true})
						ratios[len(ratios)-1] += fmt.Sprintf(" (%.2f of the same folded)", alike)
						b.ReportMetric(alike, strings.ReplaceAll(kind+"-"+s.String(), " ", "-")+"/folded")
					}
				}
				b.Log(strings.Join(ratios, "; "))
			}
		})
	}
}

// quickLength is how long questions of a kind are asked again in a round, so that what takes less than a millisecond is asked many times.
const quickLength = 100 * time.Millisecond

// timelineByRPC is the quickest of the questions as its users ask it: of the service, in a process of its own.
func timelineByRPC(b *testing.B, engine, database string, developer uuid.UUID) func(context.Context, insight.Engine, uuid.UUID) error {
	b.Helper()
	r := startRigOn(b, engine, database, map[string]string{"EVENTS_FOLD_INTERVAL": "0"})
	clients := make(map[uuid.UUID]eventsv1.EventServiceClient)
	for _, s := range mergeStates {
		conn := r.dialAs(b, s.organization().String(), auth.PrefixKey, accessv1.Role_ROLE_ANALYST)
		clients[s.organization()] = eventsv1.NewEventServiceClient(conn)
	}
	request := &eventsv1.ListEventsRequest{
		Filter: &eventsv1.EventFilter{DeveloperIds: []string{developer.String()}}, PageSize: 100,
		Range: &eventsv1.TimeRange{Start: timestamppb.New(questionStart), End: timestamppb.New(questionEnd)},
	}
	return func(ctx context.Context, _ insight.Engine, org uuid.UUID) error {
		_, err := clients[org].ListEvents(ctx, request)
		return err
	}
}

// benchEngines are those that EVENTS_BENCH_STORE asks for.
func benchEngines() []string {
	if engine := os.Getenv("EVENTS_BENCH_STORE"); engine != "" {
		return []string{engine}
	}
	return []string{storeClickHouse, storePostgres}
}

// BenchmarkMergeShows measures how long after the identity service's answer a merge shows in a list, an exposure and a trend, while the follower follows.
func BenchmarkMergeShows(b *testing.B) {
	for _, engine := range benchEngines() {
		b.Run(engine, func(b *testing.B) {
			store, _, _ := benchStore(b, engine)
			service, client := identitytest.Start(b)
			ctx, stop := context.WithCancel(b.Context())
			done := make(chan error, 1)
			directory := people.NewDirectory(client, store)
			joiner := joining.New(store, catalog.NewKeeper(store, time.Now), directory.Survivors)
			go func() { done <- people.NewFollower(directory, joiner.Join, slog.New(slog.DiscardHandler)).Run(ctx) }()
			b.Cleanup(func() {
				stop()
				require.NoError(b, <-done)
			})
			org := uuid.New() // a database may be an earlier run's
			worst, n := time.Duration(0), 0
			for b.Loop() {
				n++
				source, target := storetest.ID(fmt.Sprint("source ", n)), storetest.ID(fmt.Sprint("target ", n))
				identity := benchActor(n)
				service.Link(org.String(), &identityv1.Identity{Kind: identityv1.IdentityKind(identity.Kind), Value: identity.Value}, source.String())
				e := events.Event{
					ID: uuid.New(), Name: "package.added", OccurredAt: benchStart, ReceivedAt: benchStart, Actor: identity, DeveloperID: source, Properties: "{}",
					Packages: []string{fmt.Sprintf("pkg:npm/p%d@1", n)}, Source: events.Source{Kind: events.SourceGit},
				}
				_, err := store.Append(b.Context(), org, []events.Event{e})
				require.NoError(b, err)
				service.Merge(org.String(), target.String(), source.String())
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
