package deliver

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Once sends an event until it has come to the service one time, whatever became of it there: what is answered DUPLICATE the service had before, which a
// second time would not say. The result is nil when the service may have kept the event and did not say so. An error says that it kept nothing.
func Once(ctx context.Context, client eventsv1.IngestServiceClient, event *eventsv1.Event, retry *Retry) (*eventsv1.CaptureResult, error) {
	for {
		var met peer.Peer
		// gRPC repeats calls by itself, but not what it does not buffer.
		results, err := try(ctx, client, []*eventsv1.Event{event}, grpc.Peer(&met), grpc.MaxRetryRPCBufferSize(0))
		switch {
		case err == nil && !again(results[0]):
			return results[0], nil
		case err == nil || met.Addr != nil && !refused(err):
			return nil, nil //nolint:nilnil // nobody knows
		}
		if err := retry.Again(ctx, err); err != nil {
			return nil, fmt.Errorf("send an event: %w", err)
		}
	}
}

// refused says whether the service kept nothing of a call, by its error.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.Denied, fault.Exhausted, fault.Invalid, fault.NotFound, fault.Unauthenticated, fault.Unimplemented:
		return true
	default:
		return false
	}
}
