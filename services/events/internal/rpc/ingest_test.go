package rpc_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/wire"
)

// What the contract says of a batch as a whole is judged by its rules, though the batch is not decoded.
func TestABatchKeepsTheRulesOfTheContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	many := make([]*eventsv1.Event, wire.MaxEvents+1)
	for i := range many {
		many[i] = &eventsv1.Event{}
	}
	for name, c := range map[string]struct {
		request *eventsv1.CaptureEventsRequest
		message string
	}{
		"none": {&eventsv1.CaptureEventsRequest{}, "events: must contain at least 1 item(s)"},
		"many": {&eventsv1.CaptureEventsRequest{Events: many}, "events: must contain no more than 5000 item(s)"},
		"ack":  {&eventsv1.CaptureEventsRequest{Ack: 3, Events: many[:1]}, "ack: value must be one of the defined enum values"},
	} {
		_, err := b.ingest.CaptureEvents(b.as("ingest"), c.request)
		told := fault.FromStatus(err)
		require.Equal(t, "VALIDATION_FAILED", fault.ReasonOf(told), name)
		require.Contains(t, err.Error(), c.message, name)

		stream, err := b.ingest.StreamEvents(b.as("ingest"))
		require.NoError(t, err)
		require.NoError(t, stream.Send(&eventsv1.StreamEventsRequest{Ack: c.request.GetAck(), Events: c.request.GetEvents()}))
		_, err = stream.Recv()
		require.Equal(t, codes.InvalidArgument, status.Code(err), name)
		require.Contains(t, err.Error(), c.message, name)
	}
}

func TestNobodyCapturesForAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{event(1)}}
	_, err := b.ingest.CaptureEvents(b.as("analyst"), req)
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	_, err = b.ingest.CaptureEvents(b.as("nobody"), req)
	require.Equal(t, codes.Unauthenticated, status.Code(err))
	stream, err := b.ingest.StreamEvents(b.as("analyst"))
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	require.Empty(t, b.list(&eventsv1.ListEventsRequest{}))
}
