package server

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// tenantLength is how long one tenant, or both, send in a round.
const tenantLength = 3 * time.Second

// refill is how long an empty quota takes to be whole again: it holds what comes in half a second.
const refill = 500 * time.Millisecond

// BenchmarkTenants measures how long one tenant waits for acknowledgements of events within its quota, alone and while another sends many times its own quota
// and does not heed that it is told to wait, in turns; the service is a process of its own on ClickHouse. The quota is EVENTS_BENCH_QUOTA events a second,
// 10,000 when unset; the first sends three quarters of it, the other EVENTS_BENCH_OVER times as much as it, 5 when unset. "within" is the other sending three
// quarters of its quota, too: what a neighbor costs that nobody refuses.
//
//   - p50-ms and p99-ms are the first tenant's, from the moment a request was due to its answer: of each round, and of the rounds the median, since one pause of
//     the machine would decide over the p99 of all together;
//   - p99-beside/alone is what must not be more than 1.5;
//   - refused/s is how many events of the other were refused, and refusal-µs is CPU of the service for a refused request.
func BenchmarkTenants(b *testing.B) {
	quota, over := benchNumber(b, "EVENTS_BENCH_QUOTA", 10_000), benchNumber(b, "EVENTS_BENCH_OVER", 5)
	r := startRig(b, map[string]string{
		"EVENTS_ORGANIZATION_RATE": strconv.FormatFloat(quota, 'f', -1, 64), "EVENTS_ORGANIZATION_BURST": strconv.Itoa(int(quota * refill.Seconds())),
	})
	first := tenant{load: callers(b, r.conn)}
	other := tenant{load: callers(b, r.dialAs(b, uuid.NewString(), auth.PrefixIngest, accessv1.Role_ROLE_INGEST))}
	sides := map[string]float64{"alone": 0, "within": 0.75 * quota, "beside": over * quota}
	order := []string{"alone", "beside", "within"}
	var m medians
	var refused, requests int64
	var cost time.Duration
	ctx := context.WithoutCancel(b.Context())
	for _, one := range []tenant{first, other} { // everybody is known, and all code has run
		one.send(ctx, 0.75*quota, warmLength)
	}
	for round := 0; b.Loop(); round++ {
		spent := make(map[string]time.Duration)
		for i := range order {
			side := order[(i+round)%len(order)]
			r.settle(b)
			<-time.After(refill) // else who was over its quota before is refused within it
			var beside sync.WaitGroup
			profiled := r.profile(b, "tenants-"+side, tenantLength)
			began := r.cpu(b)
			if rate := sides[side]; rate > 0 {
				beside.Go(func() {
					sent, n := other.send(ctx, rate, tenantLength)
					require.Equal(b, side == "beside", n > 0, "%d of %d requests were refused", n, sent)
					refused, requests = refused+n, requests+sent
				})
			}
			waits := first.load.paced(ctx, 0.75*quota, tenantLength) // an error when one is refused
			beside.Wait()
			m.add(side+"-p50-ms", float64(quantile(waits, 0.5).Microseconds())/1e3)
			m.add(side+"-p99-ms", float64(quantile(waits, 0.99).Microseconds())/1e3)
			spent[side] = r.cpu(b) - began
			profiled()
		}
		cost += spent["beside"] - spent["within"]
	}
	p99 := make(map[string]float64)
	for _, side := range order {
		p99[side] = m.of(side + "-p99-ms")
		b.Logf("%-7s p50 %6.2f ms, p99 %6.2f ms; by round p99 %.1f", side, m.of(side+"-p50-ms"), p99[side], m.values[side+"-p99-ms"])
	}
	for _, name := range m.names {
		b.ReportMetric(m.of(name), name)
	}
	seconds := float64(b.N) * tenantLength.Seconds()
	b.ReportMetric(float64(refused*benchBatch)/seconds, "refused/s")
	b.ReportMetric(float64(cost.Microseconds())/float64(max(refused, 1)), "refusal-µs")
	b.ReportMetric(p99["beside"]/p99["alone"], "p99-beside/alone")
	b.ReportMetric(p99["within"]/p99["alone"], "p99-within/alone")
	b.Logf("p99 beside a tenant over its quota is %.2f times that alone, of 1.5: %s", p99["beside"]/p99["alone"], verdict(p99["beside"] <= 1.5*p99["alone"]))
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

// benchNumber is a setting of a benchmark.
func benchNumber(b *testing.B, name string, unset float64) float64 {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return unset
	}
	n, err := strconv.ParseFloat(text, 64)
	require.NoError(b, err, name)
	return n
}

// callers is a load of single messages.
func callers(b *testing.B, conn *grpc.ClientConn) load {
	b.Helper()
	l := load{b: b, conn: conn, kind: lean}
	for n := range loadCallers {
		l.alone = append(l.alone, l.kind.letterOf(b, n, eventsv1.AckLevel_ACK_LEVEL_DURABLE, false))
	}
	return l
}

// tenant sends as much as it likes.
type tenant struct{ load load }

// send sends so many events a second for a time, and returns how many requests there were and how many were refused for the quota. When the quota is
// exceeded it must be told when to come again, and comes all the same.
func (t tenant) send(ctx context.Context, rate float64, length time.Duration) (requests, refused int64) {
	every := time.Duration(float64(loadCallers*benchBatch) / rate * float64(time.Second))
	var mu sync.Mutex
	var working sync.WaitGroup
	start := time.Now()
	for n, next := range t.load.alone {
		working.Go(func() {
			var answer []byte
			var sent, told int64
			timer := time.NewTimer(0)
			defer timer.Stop()
			for due := start.Add(every * time.Duration(n) / loadCallers); due.Before(start.Add(length)); due = due.Add(every) {
				timer.Reset(time.Until(due))
				<-timer.C
				next.renew(time.Now())
				err := t.load.conn.Invoke(ctx, eventsv1.IngestService_CaptureEvents_FullMethodName, &next.bytes, &answer, grpc.ForceCodecV2(rawCodec{}))
				sent++
				if err == nil {
					continue
				}
				told++
				if kind := fault.KindOf(fault.FromStatus(err)); kind != fault.Exhausted {
					t.load.b.Errorf("capture: %v", err)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			requests, refused = requests+sent, refused+told
		})
	}
	working.Wait()
	return requests, refused
}
