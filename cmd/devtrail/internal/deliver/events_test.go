package deliver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// service answers calls one after another with the results of a list, and those after the last one like the last one.
type service struct {
	eventsv1.IngestServiceClient // what is not called

	answers [][]*eventsv1.CaptureResult
	calls   []time.Time
}

func (s *service) CaptureEvents(_ context.Context, r *eventsv1.CaptureEventsRequest, _ ...grpc.CallOption) (*eventsv1.CaptureEventsResponse, error) {
	answer := s.answers[min(len(s.calls), len(s.answers)-1)]
	s.calls = append(s.calls, time.Now())
	return &eventsv1.CaptureEventsResponse{Results: answer[:len(r.GetEvents())]}, nil
}

var stored = &eventsv1.CaptureResult{Status: eventsv1.CaptureStatus_CAPTURE_STATUS_STORED}

func retry(after time.Duration, reason string) *eventsv1.CaptureResult {
	return &eventsv1.CaptureResult{Status: eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, Reason: reason, RetryAfter: durationpb.New(after)}
}

func send(t *testing.T, s *service, events int) error {
	t.Helper()
	return deliver.Events(t.Context(), s, make([]*eventsv1.Event, events), deliver.NewPatience(0, time.Now, nil).Retry(), func(*eventsv1.Event, *eventsv1.CaptureResult) {})
}

func TestEventsAreSentAgainWhenTheServiceAsksForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: [][]*eventsv1.CaptureResult{
			{retry(time.Second, "IDENTITY_UNAVAILABLE"), stored, retry(20*time.Second, "QUEUE_ELSEWHERE"), retry(0, "")},
			{stored, stored, stored},
		}}
		require.NoError(t, send(t, s, 4))
		require.Len(t, s.calls, 2)
		require.Equal(t, 20*time.Second, s.calls[1].Sub(s.calls[0]))
	})
}

func TestWhyEventsAreNotStoredIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		answer  []*eventsv1.CaptureResult
		message string
		reason  string
	}{
		"the longest wait": {
			[]*eventsv1.CaptureResult{retry(time.Second, "IDENTITY_UNAVAILABLE"), retry(2*time.Second, "QUEUE_ELSEWHERE")},
			"could not store some events now (QUEUE_ELSEWHERE)", "QUEUE_ELSEWHERE",
		},
		"no reason": {[]*eventsv1.CaptureResult{retry(time.Second, ""), retry(time.Second, "")}, "could not store some events now", "EVENTS_RETRY"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := send(t, &service{answers: [][]*eventsv1.CaptureResult{c.answer}}, 2)
				require.ErrorIs(t, err, fault.Unavailable)
				require.ErrorContains(t, err, "gave up after 2m")
				require.ErrorContains(t, err, c.message)
				require.Equal(t, c.reason, fault.ReasonOf(err))
			})
		})
	}
}
