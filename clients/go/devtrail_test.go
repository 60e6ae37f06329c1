package devtrail_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/durationpb"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

// patient gives goroutines longer to end after the tests than the half a second of goleak, which is too short on a busy machine.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for deadline := time.Now().Add(20 * time.Second); code == 0 && goleak.Find() != nil && time.Now().Before(deadline); {
	}
	return code
}

// service is an events service that answers as the test says: answer gets the number of the request, from 1, and may be nil for stored.
type service struct {
	eventsv1.UnimplementedIngestServiceServer

	largest int // bytes of a request; gRPC's 4 MiB when zero
	answer  func(n int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error)

	mu       sync.Mutex
	requests int
	header   metadata.MD
	batches  [][]string     // ids by request
	stored   map[string]int // times an id was answered as stored
}

func (s *service) CaptureEvents(ctx context.Context, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.header, _ = metadata.FromIncomingContext(ctx)
	var ids []string
	for _, e := range req.GetEvents() {
		ids = append(ids, e.GetId())
	}
	s.batches = append(s.batches, ids)
	answer, err := stored(req), error(nil)
	if s.answer != nil {
		answer, err = s.answer(s.requests, req)
	}
	for _, r := range answer.GetResults() {
		if r.GetStatus() == eventsv1.CaptureStatus_CAPTURE_STATUS_STORED {
			s.stored[r.GetEventId()]++
		}
	}
	return answer, err
}

func stored(req *eventsv1.CaptureEventsRequest) *eventsv1.CaptureEventsResponse {
	return answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED)
}

// answered answers every event alike.
func answered(req *eventsv1.CaptureEventsRequest, status eventsv1.CaptureStatus) *eventsv1.CaptureEventsResponse {
	res := &eventsv1.CaptureEventsResponse{}
	for _, e := range req.GetEvents() {
		res.Results = append(res.Results, &eventsv1.CaptureResult{EventId: e.GetId(), Status: status})
	}
	return res
}

// start serves s in memory and returns a client of it.
func start(t *testing.T, s *service, cfg devtrail.Config) *devtrail.Client {
	t.Helper()
	s.stored = map[string]int{}
	lis := bufconn.Listen(1 << 20)
	var options []grpc.ServerOption
	if s.largest > 0 {
		options = append(options, grpc.MaxRecvMsgSize(s.largest))
	}
	server := grpc.NewServer(options...)
	eventsv1.RegisterIngestServiceServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(lis) }()
	cfg.Target, cfg.Token, cfg.Plaintext = "passthrough:///bufconn", "dvi_test", true
	if cfg.Backoff == 0 {
		cfg.Backoff = time.Millisecond
	}
	cfg.Dial = []grpc.DialOption{grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) })}
	client, err := devtrail.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
		defer cancel()
		_ = client.Close(ctx)
		server.Stop()
		require.NoError(t, <-done)
	})
	return client
}

func event(name string) *eventsv1.Event {
	return &eventsv1.Event{Name: name, Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK}}
}

func TestEventsAreSentInBatchesAndInOrder(t *testing.T) {
	s := &service{}
	client := start(t, s, devtrail.Config{BatchEvents: 3, Linger: time.Hour})
	var sent []string
	for i := range 7 {
		e := event(fmt.Sprint("n", i))
		require.NoError(t, client.Send(t.Context(), e))
		require.NotEmpty(t, e.GetId())
		require.NotNil(t, e.GetOccurredAt())
		sent = append(sent, e.GetId())
	}
	require.NoError(t, client.Flush(t.Context()), "the last one does not wait for others when somebody waits for it")
	var got []string
	for _, batch := range s.batches {
		require.LessOrEqual(t, len(batch), 3)
		got = append(got, batch...)
	}
	require.Equal(t, sent, got)
	require.Equal(t, []string{"Bearer dvi_test"}, s.header.Get("authorization"))
	require.EqualValues(t, 7, client.Stats().Stored)
	require.Zero(t, client.Stats().Queued)
}

// An age counts from its arrival, and an event may wait before: the time that it means is settled when it is taken.
func TestAnAgeIsCountedFromSend(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client := start(t, &service{}, devtrail.Config{Now: func() time.Time { return now }})
	aged, wrong := event("aged"), event("wrong")
	aged.AgeMs, aged.TimeExact = new(int64(5000)), true
	wrong.AgeMs = new(int64(-1))
	require.NoError(t, client.Send(t.Context(), aged, wrong))
	require.Equal(t, now.Add(-5*time.Second), aged.GetOccurredAt().AsTime())
	require.Nil(t, aged.AgeMs)
	require.False(t, aged.GetTimeExact(), "it is from this clock, which is corrected")
	require.EqualValues(t, -1, wrong.GetAgeMs(), "what is no age is for the service to refuse")
}

func TestAnEventLingersOnlySoLong(t *testing.T) {
	s := &service{}
	client := start(t, s, devtrail.Config{Linger: time.Millisecond})
	require.NoError(t, client.Send(t.Context(), event("a")))
	require.Eventually(t, func() bool { return client.Stats().Stored == 1 }, 30*time.Second, time.Millisecond)
}

func TestOnlyWhatIsToBeSentAgainIsSentAgain(t *testing.T) {
	s := &service{answer: func(n int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		res := stored(req)
		if n == 1 {
			res.Results[0].Status = eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE
			res.Results[1].Status, res.Results[1].RetryAfter = eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, durationpb.New(2*time.Millisecond)
			res.Results[2].Status, res.Results[2].Reason = eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, "PURL_INVALID"
		}
		return res, nil
	}}
	var refused []string
	client := start(t, s, devtrail.Config{Linger: time.Hour, Rejected: func(e *eventsv1.Event, r *eventsv1.CaptureResult) {
		refused = append(refused, e.GetName()+" "+r.GetReason())
	}})
	require.NoError(t, client.Send(t.Context(), event("a"), event("b"), event("c"), event("d")))
	require.NoError(t, client.Flush(t.Context()))
	require.Len(t, s.batches, 2)
	require.Equal(t, s.batches[0][1:2], s.batches[1])
	require.Equal(t, []string{"c PURL_INVALID"}, refused)
	stats := client.Stats()
	require.Equal(t, [4]int64{2, 1, 1, 1}, [4]int64{stats.Stored, stats.Duplicates, stats.Rejected, stats.Retries})
}

func TestFailedRequestsAreRepeatedWithTheSameIDs(t *testing.T) {
	busy, err := status.New(codes.ResourceExhausted, "quota").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(3 * time.Millisecond)})
	require.NoError(t, err)
	s := &service{answer: func(n int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		switch n {
		case 1:
			return nil, status.Error(codes.Unavailable, "away")
		case 2:
			return nil, busy.Err()
		case 3:
			return nil, status.Error(codes.Unauthenticated, "the key is exchanged just now")
		case 4:
			return &eventsv1.CaptureEventsResponse{}, nil
		}
		return stored(req), nil
	}}
	client := start(t, s, devtrail.Config{Linger: -1})
	require.NoError(t, client.Send(t.Context(), event("a")))
	require.NoError(t, client.Flush(t.Context()))
	require.Len(t, s.batches, 5)
	for _, batch := range s.batches {
		require.Equal(t, s.batches[0], batch)
	}
	require.NoError(t, client.Stats().LastError)
	require.EqualValues(t, 4, client.Stats().Retries)
}

func TestAFullQueueHoldsTheSender(t *testing.T) {
	leave := make(chan struct{})
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		<-leave
		return stored(req), nil
	}}
	client := start(t, s, devtrail.Config{QueueEvents: 2, Linger: -1})
	require.NoError(t, client.Send(t.Context(), event("a"), event("b")))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := client.Send(ctx, event("c"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 2, client.Stats().Queued)
	sent := make(chan error, 1)
	go func() { sent <- client.Send(t.Context(), event("c")) }()
	close(leave)
	require.NoError(t, <-sent)
	require.NoError(t, client.Flush(t.Context()))
	require.EqualValues(t, 3, client.Stats().Stored)
}

// What lingers in a full queue waits for nobody.
func TestAFullQueueIsSentAtOnce(t *testing.T) {
	s := &service{}
	client := start(t, s, devtrail.Config{QueueEvents: 2, Linger: time.Hour})
	require.NoError(t, client.Send(soon(t), event("a"), event("b"), event("c"), event("d")))
	require.NoError(t, client.Flush(soon(t)))
	require.Len(t, s.stored, 4)
}

// Whoever waits for his events must know by then which of them were refused.
func TestWhatIsRejectedIsToldBeforeItIsSettled(t *testing.T) {
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		return answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED), nil
	}}
	told := 0 // by the client, without a lock
	client := start(t, s, devtrail.Config{Linger: -1, Rejected: func(*eventsv1.Event, *eventsv1.CaptureResult) { told++ }})
	for n := range 100 {
		require.NoError(t, client.Send(t.Context(), event("a")))
		require.NoError(t, client.Flush(soon(t)))
		require.Equal(t, n+1, told)
	}
}

// A service that answers and keeps nothing must be heard of as one that does not answer.
func TestWhatIsHeldBackIsTold(t *testing.T) {
	var back atomic.Bool
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		if back.Load() {
			return stored(req), nil
		}
		answer := answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY)
		for _, r := range answer.GetResults() {
			r.Reason = "IDENTITY_UNAVAILABLE"
		}
		return answer, nil
	}}
	failed := make(chan error, 1)
	client := start(t, s, devtrail.Config{Linger: -1, MaxBackoff: time.Millisecond, Failed: func(err error) {
		select {
		case failed <- err:
		default: // the first is enough
		}
	}})
	require.NoError(t, client.Send(t.Context(), event("a")))
	err := <-failed
	require.ErrorContains(t, err, "IDENTITY_UNAVAILABLE")
	require.ErrorContains(t, client.Stats().LastError, "IDENTITY_UNAVAILABLE")
	back.Store(true)
	require.NoError(t, client.Flush(soon(t)))
	require.NoError(t, client.Stats().LastError)
}

func TestManySendersLoseNothing(t *testing.T) {
	s := &service{answer: func(n int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		if n%3 == 0 {
			return nil, status.Error(codes.Unavailable, "away")
		}
		res := stored(req)
		for i := range res.GetResults() {
			if (i+n)%5 == 0 {
				res.Results[i].Status = eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY
			}
		}
		return res, nil
	}}
	client := start(t, s, devtrail.Config{BatchEvents: 16, Linger: time.Millisecond, QueueEvents: 64, MaxBackoff: time.Millisecond})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 50 {
				if err := client.Send(t.Context(), event("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	require.NoError(t, client.Close(t.Context()))
	require.Len(t, s.stored, 400)
	for id, times := range s.stored {
		require.Equal(t, 1, times, id)
	}
}

// The largest batch that may be set is one that the service takes, whose limit leaves 64 KiB for frames.
func TestTheLargestBatchIsTaken(t *testing.T) {
	s := &service{largest: 20<<20 + 64<<10}
	client := start(t, s, devtrail.Config{BatchEvents: 5000, BatchBytes: 20 << 20, QueueBytes: 64 << 20, Linger: time.Hour})
	for range 5001 {
		e := event("a")
		e.PropertiesJson = `{"text": "` + strings.Repeat("x", 4100) + `"}`
		require.NoError(t, client.Send(t.Context(), e))
	}
	require.NoError(t, client.Flush(t.Context()))
	require.Len(t, s.batches, 2)
	require.Greater(t, len(s.batches[0]), 4900)
	require.Zero(t, client.Stats().Retries)
}

func TestWrongSettings(t *testing.T) {
	for _, cfg := range []devtrail.Config{{}, {Target: "a:1"}, {Target: "a:1", Token: "secret"}} {
		_, err := devtrail.New(cfg)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
	}
	for name, cfg := range map[string]devtrail.Config{
		"BatchBytes 20971521 is more than 20971520": {BatchBytes: 20<<20 + 1},
		"BatchEvents 5001 is more than 5000":        {BatchEvents: 5001},
		"BatchEvents is negative":                   {BatchEvents: -1},
		"QueueBytes is negative":                    {QueueBytes: -1},
		"MaxBackoff is negative":                    {MaxBackoff: -1},
	} {
		cfg.Target, cfg.Token, cfg.Plaintext = "a:1", "dvi_test", true
		client, err := devtrail.New(cfg)
		if err == nil {
			_ = client.Close(t.Context())
		}
		require.ErrorContains(t, err, name)
	}
	client := start(t, &service{}, devtrail.Config{})
	large := event("a")
	large.PropertiesJson = string(make([]byte, 2<<20))
	require.ErrorIs(t, client.Send(t.Context(), large), devtrail.ErrTooLarge)
}
