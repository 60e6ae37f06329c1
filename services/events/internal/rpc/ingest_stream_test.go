package rpc_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
)

func TestAStreamAnswersBatchesInTheirOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stream, err := b.ingest.StreamEvents(b.as("ingest"))
	require.NoError(t, err)
	const batches = 100
	sent := make(chan error, 1)
	go func() {
		for n := range batches {
			one := event(1)
			one.Id = uuid.NewString()
			if err := stream.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{one, event(2)}, Sequence: int64(n)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	stored := 0
	for n := range batches {
		res, err := stream.Recv()
		require.NoError(t, err)
		require.EqualValues(t, n, res.GetSequence())
		require.Len(t, res.GetResults(), 2)
		for _, r := range res.GetResults() {
			if r.GetStatus() == eventsv1.CaptureStatus_CAPTURE_STATUS_STORED {
				stored++
			}
		}
	}
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, <-sent)
	require.Equal(t, batches+1, stored, "the event that all batches hold counts once")
}

// broken is a log that panics at whatever is asked of it.
type broken struct{ queue.Queue }

func TestABatchThatPanicsEndsItsOwnStream(t *testing.T) {
	t.Parallel()
	b := setup(t, ingest.WithLog(ingest.Log{Queue: broken{}}))
	for range 2 {
		stream, err := b.ingest.StreamEvents(b.as("ingest"))
		require.NoError(t, err)
		require.NoError(t, stream.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{event(1)}}))
		_, err = stream.Recv()
		require.Equal(t, codes.Internal, status.Code(err))
		require.NotContains(t, err.Error(), "panic")
		_, err = b.ingest.CaptureEvents(b.as("ingest"), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{event(1)}})
		require.Equal(t, codes.Internal, status.Code(err))
	}
}

func TestAQuotaDoesNotEndAStream(t *testing.T) {
	t.Parallel()
	b := setup(t, ingest.WithRates(ingest.Rates{Key: ingest.Rate{Burst: 1, PerSecond: 1}}))
	stream, err := b.ingest.StreamEvents(b.as("ingest"))
	require.NoError(t, err)
	for n, want := range []eventsv1.CaptureStatus{eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY} {
		require.NoError(t, stream.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{event(byte(n + 1))}}))
		res, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, want, res.GetResults()[0].GetStatus())
		require.Equal(t, want == eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, res.GetResults()[0].GetRetryAfter() != nil)
	}
	_, err = b.ingest.CaptureEvents(b.as("ingest"), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{event(3)}})
	told, ok := errors.AsType[*fault.Fault](fault.FromStatus(err))
	require.True(t, ok)
	require.Equal(t, fault.Exhausted, told.Kind())
	require.Equal(t, time.Second, told.Retry())
}

func TestStreamsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sending, err := b.ingest.StreamEvents(b.as("ingest"))
	require.NoError(t, err)
	require.NoError(t, sending.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{event(1)}}))
	_, err = sending.Recv()
	require.NoError(t, err)
	tail, err := b.event.TailEvents(b.as("analyst"), &eventsv1.TailEventsRequest{})
	require.NoError(t, err)
	_, err = tail.Recv()
	require.NoError(t, err)
	b.keys.Revoke()
	_, err = sending.Recv()
	require.ErrorIs(t, fault.FromStatus(err), auth.ErrInvalid)
	_, err = tail.Recv()
	require.ErrorIs(t, fault.FromStatus(err), auth.ErrInvalid)
}

func TestABadBatchEndsAStreamOnceTheOthersAreAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stream, err := b.ingest.StreamEvents(b.as("ingest"))
	require.NoError(t, err)
	require.NoError(t, stream.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{event(1)}, Sequence: 1}))
	require.NoError(t, stream.Send(&eventsv1.StreamEventsRequest{Events: []*eventsv1.Event{event(2)}, Sequence: 2, SentAt: &timestamppb.Timestamp{Nanos: -1}}))
	res, err := stream.Recv()
	require.NoError(t, err)
	require.EqualValues(t, 1, res.GetSequence())
	_, err = stream.Recv()
	require.ErrorIs(t, fault.FromStatus(err), events.ErrTimeInvalid)
}

func TestTheClockOfTheSender(t *testing.T) {
	t.Parallel()
	b := setup(t)
	age := int64(150)
	_, err := b.ingest.CaptureEvents(b.as("ingest"), &eventsv1.CaptureEventsRequest{
		Events: []*eventsv1.Event{
			event(1, func(e *eventsv1.Event) { e.OccurredAt = timestamppb.New(noon.Add(-time.Hour)) }),
			event(2, func(e *eventsv1.Event) { e.OccurredAt, e.TimeExact = timestamppb.New(noon.Add(-time.Hour)), true }),
			event(3, func(e *eventsv1.Event) { e.OccurredAt, e.AgeMs = nil, &age }),
			event(4, func(e *eventsv1.Event) { e.OccurredAt = nil }),
		},
		SentAt: timestamppb.New(noon.Add(10 * time.Second)),
	})
	require.NoError(t, err)
	got := map[string]time.Time{}
	for _, e := range b.list(&eventsv1.ListEventsRequest{}) {
		got[e.GetId()] = e.GetOccurredAt().AsTime()
	}
	require.Equal(t, map[string]time.Time{
		id(1): noon.Add(-time.Hour - 10*time.Second), id(2): noon.Add(-time.Hour), id(3): noon.Add(-150 * time.Millisecond), id(4): noon,
	}, got)
}

func TestAQuotaIsOfOneTenant(t *testing.T) {
	t.Parallel()
	b := setup(t, ingest.WithRates(ingest.Rates{Organization: ingest.Rate{Burst: 2, PerSecond: 1}}))
	send := func(token string, n byte) error {
		res, err := b.ingest.CaptureEvents(b.as(token), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{event(n)}})
		for _, r := range res.GetResults() {
			require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, r.GetStatus())
		}
		return err
	}
	require.NoError(t, send("ingest", 1))
	require.NoError(t, send("ingest", 2))
	require.NoError(t, send("stranger", 3))
	for range 50 {
		err := send("ingest", 4)
		require.Equal(t, codes.ResourceExhausted, status.Code(err))
		told, _ := errors.AsType[*fault.Fault](fault.FromStatus(err))
		require.Equal(t, ingest.ErrQuota.Reason(), told.Reason())
		require.Equal(t, time.Second, told.Retry(), "its RetryInfo")
	}
	require.NoError(t, send("stranger", 5))
	require.Len(t, b.list(&eventsv1.ListEventsRequest{}), 2, "what was refused is not kept")
	res, err := b.event.ListEvents(b.as("stranger"), &eventsv1.ListEventsRequest{})
	require.NoError(t, err)
	require.Len(t, res.GetEvents(), 2)
}
