package server

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// How many ask heavy questions at once, and how long the other organization is watched alone and beside them in a round.
const (
	heavyCallers   = 50
	fairnessLength = 4 * time.Second
)

// heavyKinds are the questions of the organization that asks much: they read all events of a month or more.
var heavyKinds = []string{"actors", "lifecycle", "paths", "retention", "stickiness"}

// lightOrganization asks a light question after the other; it has the other half of the events.
const lightOrganization = "00000000-0000-4000-a000-000000000000"

// BenchmarkFairness measures how long an organization waits for a light question, a trend of one event over a month, alone and while 50 callers of another
// ask heavy ones without a pause, in turns; the service is a process of its own on ClickHouse with EVENTS_BENCH_EVENTS events, a million when unset.
// None of its questions may be refused. The figures are over all rounds; heavy-p50-ms is how long the questions of the other took, their waiting with it.
func BenchmarkFairness(b *testing.B) {
	r := startRig(b, nil)
	openByHand(b, Config{ClickHouseURL: r.address, Store: storeClickHouse}).load(b, int(benchNumber(b, "EVENTS_BENCH_EVENTS", 1_000_000)), asked, unasked)
	client := func(organization string) desk {
		conn := r.dialAs(b, organization, auth.PrefixKey, accessv1.Role_ROLE_ANALYST)
		return desk{insight: eventsv1.NewInsightServiceClient(conn), events: eventsv1.NewEventServiceClient(conn)}
	}
	light := benchQuestions(client(lightOrganization), storeClickHouse)["trend"]
	heavy := benchQuestions(client(asked.String()), storeClickHouse)
	ctx := context.WithoutCancel(b.Context())
	for range 3 { // warm
		require.NoError(b, light(ctx))
		for _, kind := range heavyKinds {
			require.NoError(b, heavy[kind](ctx), kind)
		}
	}
	waits := make(map[string][]time.Duration)
	for b.Loop() {
		waits["alone"] = append(waits["alone"], repeat(ctx, b, light)...)
		asking, stop := context.WithCancel(ctx)
		var mu sync.Mutex
		var asked sync.WaitGroup
		for n := range heavyCallers {
			asked.Go(func() {
				for i := n; asking.Err() == nil; i++ {
					began := time.Now()
					err := heavy[heavyKinds[i%len(heavyKinds)]](asking)
					if asking.Err() != nil {
						return
					}
					if err != nil && fault.KindOf(fault.FromStatus(err)) != fault.Exhausted {
						b.Errorf("a heavy question: %v", err)
						return
					}
					mu.Lock()
					waits["heavy"] = append(waits["heavy"], time.Since(began))
					mu.Unlock()
				}
			})
		}
		waits["beside"] = append(waits["beside"], repeat(ctx, b, light)...)
		stop()
		asked.Wait()
	}
	at := make(map[string]time.Duration)
	for _, side := range []string{"alone", "beside", "heavy"} {
		slices.Sort(waits[side])
		at[side+" p50"], at[side+" p99"] = quantile(waits[side], 0.5), quantile(waits[side], 0.99)
		b.Logf("%-6s %5d answers, p50 %7.1f ms, p99 %7.1f ms, slowest %7.1f ms", side, len(waits[side]), ms(at[side+" p50"]), ms(at[side+" p99"]), ms(quantile(waits[side], 1)))
		b.ReportMetric(ms(at[side+" p50"]), side+"-p50-ms")
		b.ReportMetric(ms(at[side+" p99"]), side+"-p99-ms")
	}
	b.ReportMetric(at["beside p50"].Seconds()/at["alone p50"].Seconds(), "p50-beside/alone")
	b.ReportMetric(at["beside p99"].Seconds()/at["heavy p50"].Seconds(), "p99-beside/heavy-p50")
	b.Logf("no light question was refused; 99 of 100 were answered before half of the heavy ones were: %s", verdict(at["beside p99"] < at["heavy p50"]))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// repeat asks a question again and again for a time and returns how long each answer took.
func repeat(ctx context.Context, b *testing.B, ask func(context.Context) error) (waits []time.Duration) {
	b.Helper()
	for start := time.Now(); time.Since(start) < fairnessLength; {
		began := time.Now()
		require.NoError(b, ask(ctx))
		waits = append(waits, time.Since(began))
	}
	return waits
}
