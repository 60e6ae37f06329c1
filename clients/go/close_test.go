package devtrail_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func TestCloseSendsWhatIsLeft(t *testing.T) {
	s := &service{}
	client := start(t, s, devtrail.Config{Linger: time.Hour})
	require.NoError(t, client.Send(t.Context(), event("a"), event("b")))
	require.NoError(t, client.Close(t.Context()))
	require.Len(t, s.stored, 2)
	require.ErrorIs(t, client.Send(t.Context(), event("c")), devtrail.ErrClosed)
	require.NoError(t, client.Close(t.Context()))
}

func TestCloseTellsWhatIsLost(t *testing.T) {
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		return answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY), nil
	}}
	client := start(t, s, devtrail.Config{Linger: -1})
	require.NoError(t, client.Send(t.Context(), event("a"), event("b")))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := client.Close(ctx)
	require.ErrorIs(t, err, devtrail.ErrUnsent)
	require.ErrorContains(t, err, "2 of them")
}

// Nobody may listen to Failed, and the end of a context is not why events are not sent.
func TestCloseTellsWhyEventsAreLost(t *testing.T) {
	s := &service{answer: func(int, *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		return nil, fault(codes.Unauthenticated, "CREDENTIAL_INVALID", "", "the credential is not valid")
	}}
	client := start(t, s, devtrail.Config{Linger: -1, MaxBackoff: time.Millisecond})
	require.NoError(t, client.Send(t.Context(), event("a")))
	require.Eventually(t, func() bool { return client.Stats().LastError != nil }, 30*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, err := range []error{client.Flush(ctx), client.Close(ctx), client.Close(t.Context())} {
		require.ErrorIs(t, err, devtrail.ErrUnsent)
		require.ErrorContains(t, err, "the credential is not valid")
	}
}

// A second Close has its own patience, and says as well what is not sent.
func TestASecondCloseEndsWithItsContext(t *testing.T) {
	s := &service{answer: func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		return answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY), nil
	}}
	client := start(t, s, devtrail.Config{Linger: -1})
	require.NoError(t, client.Send(t.Context(), event("a")))
	patient, give := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- client.Close(patient) }()
	require.Eventually(t, func() bool { return errors.Is(client.Send(t.Context(), event("b")), devtrail.ErrClosed) }, 30*time.Second, time.Millisecond)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	second := make(chan error, 1)
	go func() { second <- client.Close(ctx) }()
	select {
	case err := <-second:
		require.ErrorIs(t, err, devtrail.ErrUnsent)
	case <-time.After(10 * time.Second):
		t.Error("the second Close waits although its context has ended")
	}
	give()
	require.ErrorIs(t, <-first, devtrail.ErrUnsent)
}
