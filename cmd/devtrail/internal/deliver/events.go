package deliver

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// errRetry stands for events that the service could not store now, without a word on why.
var errRetry = fault.New(fault.Unavailable, "EVENTS_RETRY", "the events service could not store some events now")

// Events sends events, at most as many as a batch may have, until each is stored, a duplicate or rejected, which settled hears. The error says that
// something else ended it; events that settled did not hear of may be stored or not.
func Events(
	ctx context.Context, client eventsv1.IngestServiceClient, events []*eventsv1.Event, retry *Retry,
	settled func(*eventsv1.Event, *eventsv1.CaptureResult),
) error {
	for len(events) > 0 {
		results, err := try(ctx, client, events)
		if err == nil {
			left := unsettled(events, results, settled)
			if len(left) < len(events) {
				retry.Progress()
			}
			if len(left) == 0 {
				return nil
			}
			events, err = left, refusal(results)
		}
		if err := retry.Again(ctx, err); err != nil {
			return fmt.Errorf("send events: %w", err)
		}
	}
	return nil
}

// try sends events once and returns a result for each.
func try(ctx context.Context, client eventsv1.IngestServiceClient, events []*eventsv1.Event, options ...grpc.CallOption) ([]*eventsv1.CaptureResult, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	response, err := client.CaptureEvents(ctx, &eventsv1.CaptureEventsRequest{
		Ack:    eventsv1.AckLevel_ACK_LEVEL_STORED, // who has sent a history wants to ask about it
		Events: events,
	}, options...)
	if err != nil {
		return nil, err
	}
	results := response.GetResults()
	if len(results) != len(events) {
		return nil, fmt.Errorf("the service answered for %d of %d", len(results), len(events))
	}
	return results, nil
}

// unsettled tells settled of the events that have an end and returns the others.
func unsettled(events []*eventsv1.Event, results []*eventsv1.CaptureResult, settled func(*eventsv1.Event, *eventsv1.CaptureResult)) []*eventsv1.Event {
	var left []*eventsv1.Event
	for i, result := range results {
		if again(result) {
			left = append(left, events[i])
		} else {
			settled(events[i], result)
		}
	}
	return left
}

// again says whether an event is to be sent again.
func again(result *eventsv1.CaptureResult) bool {
	switch result.GetStatus() {
	case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED:
		return false
	default:
		return true
	}
}

// refusal is why events are to be sent again, and when: the longest of the waits that the service asks for, with its reason where one is told.
func refusal(results []*eventsv1.CaptureResult) error {
	var longest *eventsv1.CaptureResult
	for _, result := range results {
		if again(result) && (longest == nil || result.GetRetryAfter().AsDuration() > longest.GetRetryAfter().AsDuration()) {
			longest = result
		}
	}
	refused := errRetry
	if reason := longest.GetReason(); reason != "" {
		refused = fault.New(errRetry.Kind(), reason, fmt.Sprintf("%s (%s)", errRetry.Message(), reason))
	}
	return refused.RetryAfter(longest.GetRetryAfter().AsDuration())
}
