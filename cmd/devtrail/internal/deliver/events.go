package deliver

import (
	"context"
	"fmt"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// errRetry stands for events that the service could not store now.
var errRetry = fault.New(fault.Unavailable, "EVENTS_RETRY", "the events service could not store some events now")

// Events sends events, at most as many as a batch may have, until each is stored, a duplicate or rejected, which settled hears. The error says that
// something else ended it; events that settled did not hear of may be stored or not.
func Events(
	ctx context.Context, client eventsv1.IngestServiceClient, events []*eventsv1.Event, retry *Retry,
	settled func(*eventsv1.Event, *eventsv1.CaptureResult),
) error {
	for len(events) > 0 {
		left, err := try(ctx, client, events, settled)
		if err == nil {
			if len(left) < len(events) {
				retry.Progress()
			}
			if len(left) == 0 {
				return nil
			}
			events, err = left, errRetry
		}
		if err := retry.Again(ctx, err); err != nil {
			return fmt.Errorf("send events: %w", err)
		}
	}
	return nil
}

// try sends events once and returns those to send again.
func try(
	ctx context.Context, client eventsv1.IngestServiceClient, events []*eventsv1.Event, settled func(*eventsv1.Event, *eventsv1.CaptureResult),
) ([]*eventsv1.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	response, err := client.CaptureEvents(ctx, &eventsv1.CaptureEventsRequest{
		Ack:    eventsv1.AckLevel_ACK_LEVEL_STORED, // who has sent a history wants to ask about it
		Events: events,
	})
	if err != nil {
		return nil, err
	}
	results := response.GetResults()
	if len(results) != len(events) {
		return nil, fmt.Errorf("the service answered for %d of %d", len(results), len(events))
	}
	var left []*eventsv1.Event
	for i, result := range results {
		switch result.GetStatus() {
		case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED:
			settled(events[i], result)
		default:
			left = append(left, events[i])
		}
	}
	return left, nil
}
