package server

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// How long each side is measured in a round, how long each block size is tried and each side runs before the first, and how long and how often the service is at half
// of its load. In the time of a side a server has to merge what it inserted, and not leave it to the next: it merges twelve blocks into one, which takes as long as
// to insert them, so that five seconds were fast or slow by where they began.
const (
	benchLength = 15 * time.Second
	halfLength  = 6 * time.Second
	warmLength  = 2 * time.Second
	halves      = 3
)

// BenchmarkIngest measures what the events service takes in, in a process of its own with authentication, validation, limits and dedupe, as a ratio to what a
// bare client inserts over two connections, in blocks of the size that is fastest, into a table made like that of the events on the same server, in turns; of several rounds the median counts.
//
//   - acked/ceiling is events acknowledged DURABLE to 64 callers of the unary method, while the drain works beside it;
//   - streamed/ceiling is that over 16 streams with 16 batches unanswered each;
//   - drained/ceiling is the events of the unary method by the time the last of them is in the database;
//   - stored/ceiling is events answered STORED over 128 streams with as many batches unanswered as fill the blocks; stored/both is that against a client that writes event_packages as well;
//   - the µs are CPU for an event: of the service, of the database, of the database under the bare client, and of that client, with which the service is
//     compared (durable/client, stored/client) since a slow machine is slow for both;
//   - call-µs is the CPU of gRPC's own server for a call with nothing in it, of 32 callers, in a process of its own: the measure of a machine for what a server of calls
//     does, before and after each side. durable/call, streamed/call and stored/call are how many of them a request of 100 events costs the service. Where the aims
//     of 1.5 microseconds for a lean event and 4 for a fat one were set, such a call took 16, so that they are 9.4 and 25 calls;
//   - durable/db, streamed/db and stored/db are the service's CPU for an event as a ratio to the database's under the bare client, which is to be at most 1.3;
//   - rows/block is how large the blocks were;
//   - ack-ms and visible-ms are at half of the drained rate: from the moment a request was due to its answer, and to when a query finds its events;
//     sync-ms is a write and a sync of a bare file meanwhile, and ack/sync the p99 of an answer as a ratio to what such a disk allows: five times the p99 of a sync,
//     since an answer waits for the sync under way and for its own, and ten milliseconds.
func BenchmarkIngest(b *testing.B) {
	for _, k := range []kind{lean, fat} {
		b.Run(k.name, func(b *testing.B) {
			r := startRig(b, nil)
			r.bare = startBare(b)
			l := newLoad(b, r.conn, k)
			b.ReportMetric(float64(len(k.letterOf(b, 0, 0, false).bytes))/benchBatch, "B/event")
			r.warm(b, l)
			ceilingTables(b, r)
			size := fastest(b, r, k, warmLength)
			b.ReportMetric(float64(size), "ceiling-rows/block")
			var m medians
			for b.Loop() {
				r.round(b, l, size, &m)
			}
			for range halves {
				r.half(b, l, m.of("drained/s")/2, &m)
			}
			m.report(b)
		})
	}
}

// round measures each side once.
func (r *rig) round(b *testing.B, l load, size int, m *medians) {
	b.Helper()
	r.settle(b)
	database := r.databaseCPU(b)
	most, client := ceiling(b, r, l.kind, size, benchLength, false)
	m.add("ceiling-db-µs", float64((r.databaseCPU(b)-database).Microseconds())/(most*benchLength.Seconds()))
	m.add("ceiling-client-µs", client)
	r.settle(b)
	both, _ := ceiling(b, r, l.kind, size, benchLength, true)
	m.add("both/ceiling", both/most)
	m.add("ceiling/s", most)

	acked := r.side(b, l, m, "durable", l.durable)
	m.add("acked/s", acked.rate)
	m.add("drained/s", acked.drained)
	m.add("acked/ceiling", acked.rate/most)
	m.add("durable/client", m.last("durable-µs")/client)
	m.add("drained/ceiling", acked.drained/most)

	few := r.side(b, l, m, "streamed", l.streamed)
	m.add("streamed/s", few.rate)
	m.add("streamed/ceiling", few.rate/most)

	kept := r.side(b, l, m, "stored", l.stored)
	m.add("stored/s", kept.rate)
	m.add("stored/ceiling", kept.rate/most)
	m.add("stored/client", m.last("stored-µs")/client)
	m.add("stored/both", kept.rate/most/m.last("both/ceiling"))
}

// warm has all code run, everybody known, and the memory of the service and of the database as large as it gets: the backlog, and with it blocks, are the
// larger the longer one sends.
func (r *rig) warm(b *testing.B, l load) {
	b.Helper()
	ctx := context.WithoutCancel(b.Context())
	n := l.durable(ctx, time.Now().Add(2*warmLength))
	n += l.stored(ctx, time.Now().Add(2*warmLength))
	r.drained(b, uint64(n))
}

// pass is events a second that were answered, and that were in the database when the last one was.
type pass struct{ rate, drained float64 }

// side measures one way of sending, and what it costs, until everything is in the database. What a bare call costs is measured before and after, since the machine
// is not as fast a minute later.
func (r *rig) side(b *testing.B, l load, m *medians, name string, send func(ctx context.Context, until time.Time) int64) pass {
	b.Helper()
	r.settle(b)
	call := r.bare.call(b)
	ctx := context.WithoutCancel(b.Context())
	wait := r.profile(b, l.kind.name+"-"+name, benchLength)
	blocks, rows := r.blocks(b)
	own, database, start := r.cpu(b), r.databaseCPU(b), time.Now()
	sent := send(ctx, start.Add(benchLength))
	n := float64(sent)
	p := pass{rate: n / time.Since(start).Seconds()}
	r.drained(b, uint64(rows)+uint64(sent))
	p.drained = n / time.Since(start).Seconds()
	m.add(name+"-µs", float64((r.cpu(b)-own).Microseconds())/n)
	m.add(name+"-db-µs", float64((r.databaseCPU(b)-database).Microseconds())/n)
	blocksAfter, rowsAfter := r.blocks(b)
	m.add(name+"-rows/block", (rowsAfter-rows)/(blocksAfter-blocks))
	wait()
	r.settle(b)
	call = (call + r.bare.call(b)) / 2
	m.add("call-µs", call)
	m.add(name+"/call", m.last(name+"-µs")*benchBatch/call)
	m.add(name+"/db", m.last(name+"-µs")/m.last("ceiling-db-µs"))
	return p
}

// drained waits until so many events are in the table, and then until the service knows. The table is asked first, since a page of metrics costs the service
// as much as a thousand events.
func (r *rig) drained(b *testing.B, all uint64) {
	b.Helper()
	look := database(b, r.server)
	defer func() { require.NoError(b, look.Close()) }()
	require.Eventually(b, func() bool { return ask(b, look, countEvents) >= all }, 2*time.Minute, drainedEvery)
	require.Eventually(b, func() bool {
		_, rows := r.blocks(b)
		return uint64(rows) >= all
	}, 2*time.Minute, lookEvery)
}

// countEvents reads nothing but what parts say of themselves.
const countEvents = "SELECT count() AS n FROM events"

// half measures how long events wait for their answers and for queries to find them, at so many events a second.
func (r *rig) half(b *testing.B, l load, rate float64, m *medians) {
	b.Helper()
	r.settle(b)
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	var working sync.WaitGroup
	var seen, syncs []time.Duration
	working.Go(func() { seen = r.visible(ctx, b, l) })
	working.Go(func() { syncs = diskSyncs(ctx, b) })
	waits := l.paced(ctx, rate, halfLength)
	stop()
	working.Wait()
	for name, sorted := range map[string][]time.Duration{"ack": waits, "sync": syncs, "visible": seen} {
		m.add(name+"-p50-ms", float64(quantile(sorted, 0.5).Microseconds())/1e3)
		m.add(name+"-p99-ms", float64(quantile(sorted, 0.99).Microseconds())/1e3)
	}
	m.add("ack/sync", m.last("ack-p99-ms")/(5*m.last("sync-p99-ms")+10))
}

// syncEvery is how often diskSyncs writes, and syncBytes what: a request of lean events.
const (
	syncEvery = 25 * time.Millisecond
	syncBytes = 18 << 10
)

// diskSyncs writes into a file on the disk of the log, whose blocks are there, syncs it each time, and returns how long that took: no acknowledgement that waits
// for a disk can be faster.
func diskSyncs(ctx context.Context, b *testing.B) []time.Duration {
	b.Helper()
	file, err := vfs.Default.Create(filepath.Join(b.TempDir(), "syncs"), vfs.WriteCategoryUnspecified)
	require.NoError(b, err)
	defer func() { require.NoError(b, file.Close()) }()
	bytes := make([]byte, syncBytes)
	_, err = file.WriteAt(bytes, 0) // and its blocks are there
	require.NoError(b, err)
	require.NoError(b, file.Sync())
	var took []time.Duration
	for due := time.NewTicker(syncEvery); ctx.Err() == nil; <-due.C {
		start := time.Now()
		_, err := file.WriteAt(bytes, 0)
		require.NoError(b, err)
		require.NoError(b, file.SyncData())
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took
}

// marker is the name of the events that visible looks for, and how often one is sent. A look costs the database some 14 ms of CPU, most of it for the granule of
// each part that may have one: twenty a second took a seventh of two processors from what they look at. Ten say of an event that it was seen 100 ms late at most.
const (
	marker      = "bench.marker"
	markerEvery = 20 * time.Millisecond
	lookEvery   = 100 * time.Millisecond

	drainedEvery = 20 * time.Millisecond
)

// visible sends marked events, each alone, and returns how long each was on its way into the answers of queries. They become visible in the order of the log.
func (r *rig) visible(ctx context.Context, b *testing.B, l load) []time.Duration {
	client := eventsv1.NewIngestServiceClient(l.conn)
	name := marker + uuid.NewString()
	var mu sync.Mutex
	var sent, seen []time.Duration
	start, found := time.Now(), 0
	var working sync.WaitGroup
	working.Go(func() {
		for due := time.NewTicker(markerEvery); ctx.Err() == nil; <-due.C {
			at := time.Since(start)
			_, err := client.CaptureEvents(context.WithoutCancel(ctx), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{{
				Id: uuid.NewString(), Name: name, OccurredAt: timestamppb.Now(), Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_GIT},
			}}})
			if err != nil {
				b.Errorf("capture: %v", err)
				return
			}
			mu.Lock()
			sent = append(sent, at)
			mu.Unlock()
		}
	})
	look := database(b, r.server)
	defer func() { _ = look.Close() }()
	question := fmt.Sprintf("SELECT count() AS n FROM events WHERE organization_id = '%s' AND toDate(occurred_at) >= today() - 1 AND name = '%s'", organization, name)
	for again := time.NewTicker(lookEvery); ; <-again.C {
		n := int(ask(b, look, question))
		mu.Lock()
		for ; found < min(n, len(sent)); found++ {
			seen = append(seen, time.Since(start)-sent[found])
		}
		over := ctx.Err() != nil && found == len(sent)
		mu.Unlock()
		if over {
			break
		}
	}
	working.Wait()
	slices.Sort(seen)
	return seen
}

// medians are figures of several rounds.
type medians struct {
	names  []string
	values map[string][]float64
}

func (m *medians) add(name string, value float64) {
	if m.values == nil {
		m.values = make(map[string][]float64)
	}
	if _, known := m.values[name]; !known {
		m.names = append(m.names, name)
	}
	m.values[name] = append(m.values[name], value)
}

// last is the figure of the last round.
func (m *medians) last(name string) float64 { return m.values[name][len(m.values[name])-1] }

// of is the median.
func (m *medians) of(name string) float64 {
	sorted := slices.Sorted(slices.Values(m.values[name]))
	return sorted[len(sorted)/2]
}

func (m *medians) report(b *testing.B) {
	b.Helper()
	for _, name := range m.names {
		b.ReportMetric(m.of(name), name)
		b.Logf("%-20s %10.2f  %.2f", name, m.of(name), m.values[name])
	}
}
