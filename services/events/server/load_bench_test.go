package server

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// rawCodec sends and receives bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	to := v.(*[]byte)
	*to = slices.Grow((*to)[:0], data.Len())[:data.Len()]
	data.CopyTo(*to)
	return nil
}

// load sends events of a kind over a connection.
type load struct {
	b    *testing.B
	conn *grpc.ClientConn
	kind kind

	alone   []*letter   // of each caller
	few     [][]*letter // of each stream at DURABLE
	streams [][]*letter // of each stream at STORED
}

// newLoad makes all requests before anything is measured.
func newLoad(b *testing.B, conn *grpc.ClientConn, k kind) load {
	b.Helper()
	l := load{b: b, conn: conn, kind: k}
	for n := range pacedCallers {
		l.alone = append(l.alone, k.letterOf(b, n, eventsv1.AckLevel_ACK_LEVEL_DURABLE, false))
	}
	l.few = k.streamsOf(b, fewStreams, fewUnanswered, eventsv1.AckLevel_ACK_LEVEL_DURABLE)
	l.streams = k.streamsOf(b, loadStreams, k.unanswered, eventsv1.AckLevel_ACK_LEVEL_STORED)
	return l
}

// streamsOf makes the requests of so many streams.
func (k kind) streamsOf(b *testing.B, streams, unanswered int, ack eventsv1.AckLevel) [][]*letter {
	b.Helper()
	list := make([][]*letter, streams)
	for n := range list {
		for i := range unanswered {
			list[n] = append(list[n], k.letterOf(b, n*unanswered+i, ack, true))
		}
	}
	return list
}

// How much is on its way at once: callers of the unary method, those of paced, streams at DURABLE with their batches, and streams at STORED, whose batches a kind counts.
const (
	loadCallers   = 64
	pacedCallers  = 512
	fewStreams    = 16
	fewUnanswered = 16
	loadStreams   = 128
)

// durable sends at DURABLE as fast as it is answered and returns how many events were.
func (l load) durable(ctx context.Context, until time.Time) int64 {
	var count atomic.Int64
	var working sync.WaitGroup
	for n := range loadCallers {
		working.Go(func() {
			next := l.alone[n]
			var answer []byte
			for time.Now().Before(until) {
				next.renew(time.Now())
				if err := l.conn.Invoke(ctx, eventsv1.IngestService_CaptureEvents_FullMethodName, &next.bytes, &answer, grpc.ForceCodecV2(rawCodec{})); err != nil {
					l.b.Errorf("capture: %v", err)
					return
				}
				count.Add(int64(storedIn(answer, 1)))
			}
		})
	}
	working.Wait()
	return count.Load()
}

// paced sends so many events a second, whether they are answered or not as long as callers are left, and returns how long each request waited for its answer, from the moment when it was
// due.
func (l load) paced(ctx context.Context, rate float64, length time.Duration) []time.Duration {
	every := time.Duration(float64(len(l.alone)*benchBatch) / rate * float64(time.Second))
	var mu sync.Mutex
	var waits []time.Duration
	var working sync.WaitGroup
	start := time.Now()
	for n := range l.alone {
		working.Go(func() {
			next := l.alone[n]
			var answer []byte
			var own []time.Duration
			timer := time.NewTimer(0)
			defer timer.Stop()
			for due := start.Add(every * time.Duration(n) / time.Duration(len(l.alone))); due.Before(start.Add(length)); due = due.Add(every) {
				timer.Reset(time.Until(due))
				<-timer.C
				next.renew(time.Now())
				if err := l.conn.Invoke(ctx, eventsv1.IngestService_CaptureEvents_FullMethodName, &next.bytes, &answer, grpc.ForceCodecV2(rawCodec{})); err != nil {
					l.b.Errorf("capture: %v", err)
					break
				}
				own = append(own, time.Since(due))
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, own...)
		})
	}
	working.Wait()
	slices.Sort(waits)
	return waits
}

// streamed sends at DURABLE over a few streams.
func (l load) streamed(ctx context.Context, until time.Time) int64 { return l.over(ctx, l.few, until) }

// stored sends at STORED over streams, with so many batches of each unanswered, and returns how many events were answered to be stored.
func (l load) stored(ctx context.Context, until time.Time) int64 {
	return l.over(ctx, l.streams, until)
}

// over sends over streams and returns how many events were answered to be stored.
func (l load) over(ctx context.Context, streams [][]*letter, until time.Time) int64 {
	var count atomic.Int64
	var working sync.WaitGroup
	for _, letters := range streams {
		working.Go(func() {
			if err := l.stream(ctx, letters, until, &count); err != nil {
				l.b.Errorf("stream: %v", err)
			}
		})
	}
	working.Wait()
	return count.Load()
}

func (l load) stream(ctx context.Context, letters []*letter, until time.Time, count *atomic.Int64) error {
	stream, err := l.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, eventsv1.IngestService_StreamEvents_FullMethodName,
		grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		return err
	}
	free := make(chan *letter, len(letters)) // whose batch is answered
	for _, next := range letters {
		free <- next
	}
	ended := make(chan error, 1)
	go func() {
		var answer []byte
		for i := 0; ; i++ {
			if err := stream.RecvMsg(&answer); err != nil {
				ended <- err
				return
			}
			count.Add(int64(storedIn(answer, 2)))
			free <- letters[i%len(letters)] // answers come in the order of batches
		}
	}()
	for time.Now().Before(until) {
		select {
		case next := <-free:
			next.renew(time.Now())
			if err := stream.SendMsg(&next.bytes); err != nil {
				return errors.Join(err, <-ended)
			}
		case err := <-ended:
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// quantile of sorted waits.
func quantile(waits []time.Duration, q float64) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	return waits[min(len(waits)-1, int(q*float64(len(waits))))]
}
