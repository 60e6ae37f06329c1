package wire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/seglog"
	"devtrail.dev/services/events/internal/wire"
)

// held is a log that is not drained, so that what is measured is the way into it.
type held struct{ *seglog.Log }

// Read implements queue.Queue.
func (held) Read(ctx context.Context, _, _ queue.Position, _ int, _ []byte) ([]queue.Record, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// village is a directory that knows everybody, as one does after a while.
type village map[events.Identity]people.Person

// Known implements ingest.Directory.
func (v village) Known(_ uuid.UUID, kind events.IdentityKind, value []byte) (people.Person, bool) {
	p, known := v[events.Identity{Kind: kind, Value: string(value)}]
	return p, known
}

// Resolve implements ingest.Directory.
func (village) Resolve(context.Context, uuid.UUID, []people.Hint) (map[events.Identity]people.Person, error) {
	return nil, people.ErrAway
}

// shapes are the events of the targets: what a client sends most, and one with many properties.
var shapes = map[string]func(n int) *eventsv1.Event{
	"lean": func(n int) *eventsv1.Event { return measured(n, `{"branch":"main","exit":0,"ms":1250,"os":"linux"}`) },
	"fat": func(n int) *eventsv1.Event {
		var b strings.Builder
		for key := range 22 {
			fmt.Fprintf(&b, `%c"property_%02d":"value %d of %d"`, ",{"[btoi(key == 0)], key, key, n%50)
		}
		return measured(n, b.String()+"}")
	},
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func measured(n int, properties string) *eventsv1.Event {
	return &eventsv1.Event{
		Actor: &identityv1.Identity{Kind: 1, Value: fmt.Sprintf("dev%04d@example.org", n%20*100)}, Id: uuid.NewString(), Name: "package.added",
		OccurredAt: timestamppb.New(noon.Add(-time.Duration(n) * time.Second)), Packages: []string{fmt.Sprintf("pkg:npm/package-%d@1.0.%d", n%100, n%7)},
		Project: "github.com/example/shop", PropertiesJson: properties, SessionId: "session-1",
		Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_CI, Tool: "npm"},
	}
}

// traffic sends the bytes of a request of n events, with other ids each time.
type traffic struct {
	tb      testing.TB
	in      *ingest.Intake
	letter  *wire.Letter
	message []byte
	ids     []int // where they stand in the message
	sent    uint64
}

func newTraffic(tb testing.TB, shape func(int) *eventsv1.Event, n int) *traffic {
	tb.Helper()
	log, err := seglog.Open(seglog.Options{
		Bytes: 4 << 30, Dir: filepath.Join(tb.TempDir(), "log"), Fatal: func(s string) { tb.Error(s) }, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	known := village{}
	for i := range n {
		actor := events.Identity{Kind: 1, Value: shape(i).GetActor().GetValue()}
		known[actor] = people.Person{DeveloperID: uuid.New(), Identity: actor}
	}
	store, over := memory.New(time.Now), make(chan struct{})
	in := ingest.New(store, known, slog.New(slog.DiscardHandler), func() time.Time { return noon },
		ingest.WithLog(ingest.Log{Blocks: store, Horizon: 24 * time.Hour, Over: over, Queue: held{log}}),
		ingest.WithRates(ingest.Rates{Key: ingest.Rate{Burst: 1e9, PerSecond: 1e9}, Organization: ingest.Rate{Burst: 1e9, PerSecond: 1e9}}))
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		close(over) // the drain does not wait for what is held
		require.NoError(tb, <-ended)
		require.NoError(tb, log.Close())
	})
	t := &traffic{in: in, letter: wire.NewLetter(false, new(sync.Pool)), tb: tb}
	req := &eventsv1.CaptureEventsRequest{}
	for i := range n {
		req.Events = append(req.Events, shape(i))
	}
	t.message, err = proto.Marshal(req)
	require.NoError(tb, err)
	for _, e := range req.GetEvents() {
		at := strings.Index(string(t.message), e.GetId())
		require.Positive(tb, at)
		t.ids = append(t.ids, at)
	}
	return t
}

const hexDigits = "0123456789abcdef"

// another returns traffic into the same intake, with ids of its own.
func (t *traffic) another(number int) *traffic {
	return &traffic{ids: t.ids, in: t.in, letter: wire.NewLetter(false, new(sync.Pool)), message: bytes.Clone(t.message), sent: uint64(number) << 32, tb: t.tb}
}

// next gives the events other ids.
func (t *traffic) next() {
	var id [8]byte
	for _, at := range t.ids {
		t.sent++
		binary.BigEndian.PutUint64(id[:], t.sent*0x9e3779b97f4a7c15)
		for i, place := range [...]int{0, 2, 4, 6, 9, 11, 14, 16} {
			t.message[at+place], t.message[at+place+1] = hexDigits[id[i]>>4], hexDigits[id[i]&15]
		}
	}
}

// read is the first half of the way: from the wire to judged and encoded, without the log.
func (t *traffic) read() {
	require.NoError(t.tb, t.letter.ReadWire(mem.BufferSlice{mem.SliceBuffer(t.message)}))
}

// take is the whole way.
func (t *traffic) take() {
	t.next()
	t.read()
	request, err := wire.RequestOf(acme, "key", t.letter)
	require.NoError(t.tb, err)
	receipt, err := t.in.Submit(t.tb.Context(), request)
	require.NoError(t.tb, err)
	results, err := receipt.Await(t.tb.Context())
	require.NoError(t.tb, err)
	require.Equal(t.tb, ingest.Stored, results[len(results)-1].Status)
	answer := wire.Answer{Letter: t.letter, Release: receipt.Release, Results: results}
	written, err := answer.WriteWire(mem.DefaultBufferPool())
	require.NoError(t.tb, err)
	written.Free()
}

// An event costs no allocation: what a request of 200 allocates, one of 100 does too, but for the tables of ids, which are shared by hundreds of events.
func TestAnEventAllocatesNothing(t *testing.T) {
	for name, shape := range shapes {
		allocations := func(n int) float64 {
			traffic := newTraffic(t, shape, n)
			for range 20 { // what is used again must be there
				traffic.take()
			}
			return testing.AllocsPerRun(50, traffic.take)
		}
		few, many := allocations(100), allocations(200)
		t.Logf("%s: a request of 100 events allocates %v, one of 200 %v", name, few, many)
		require.Zero(t, int(max(many-few, 0)/100), name)
	}
}

func BenchmarkReadWire(b *testing.B) {
	for name, shape := range shapes {
		b.Run(name, func(b *testing.B) {
			t := newTraffic(b, shape, 100)
			b.ReportAllocs()
			for b.Loop() {
				t.read()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
		})
	}
}

// processor is the time that this process had a processor.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkTake is the whole way of a request of 100 events into the log, whose fsync it waits for. The processor's time is what counts: with one request at
// a time every request has an fsync of its own.
func BenchmarkTake(b *testing.B) {
	for name, shape := range shapes {
		b.Run(name, func(b *testing.B) {
			t := newTraffic(b, shape, 100)
			t.take()
			b.ReportAllocs()
			before := processor(b)
			for b.Loop() {
				t.take()
			}
			b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N)/100, "cpu-ns/event")
		})
	}
}

// BenchmarkTakeTogether is BenchmarkTake with 64 callers, who share the fsyncs of the log as the callers of a service do.
func BenchmarkTakeTogether(b *testing.B) {
	for name, shape := range shapes {
		b.Run(name, func(b *testing.B) {
			const callers = 64
			first := newTraffic(b, shape, 100)
			var all [callers]*traffic
			for i := range all {
				all[i] = first.another(i + 1)
				all[i].take()
			}
			b.ReportAllocs()
			b.ResetTimer()
			before := processor(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			var working sync.WaitGroup
			for _, t := range all {
				working.Go(func() {
					for left.Add(-1) >= 0 {
						t.take()
					}
				})
			}
			working.Wait()
			b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N)/100, "cpu-ns/event")
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
