package web

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

// errRejected is the answer of the protocols that know one answer for a whole body of which something will never be stored.
var errRejected = fault.New(fault.Invalid, "EVENTS_REJECTED", "some events were rejected")

// take hands drafts to the intake. What is to be sent again is an error that says so: ids follow from what was sent, so the whole counts once.
func (d *Door) take(ctx context.Context, drafts []ingest.Draft) ([]ingest.Result, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	organization, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	results, err := d.deps.Intake.Capture(ctx, organization, drafts)
	if err != nil {
		return nil, err
	}
	return results, wire.Unsettled(results)
}

// rejected is nil when nothing was; else it tells how many were and why the first one was, by its place in what was sent.
func rejected(results []ingest.Result, places []int) error {
	n, first := 0, -1
	for i, r := range results {
		if r.Status != ingest.Rejected {
			continue
		}
		if n++; first < 0 {
			first = i
		}
	}
	if n == 0 {
		return nil
	}
	place := places[first]
	reason, message, field := "REJECTED", "", fmt.Sprintf("[%d]", place)
	if f, ok := errors.AsType[*fault.Fault](results[first].Err); ok {
		reason, message = f.Reason(), f.Message()
		if f.FieldPath() != "" {
			field += "." + f.FieldPath()
		}
	}
	return errRejected.With("%d of %d events were rejected and the others are stored; event %d: %s: %s", n, len(results), place, reason, message).Field(field)
}

// answerResults is the JSON of what became of each draft.
func answerResults(drafts []ingest.Draft, results []ingest.Result) ([]byte, error) {
	sent := make([]*eventsv1.Event, len(drafts))
	for i, draft := range drafts {
		sent[i] = &eventsv1.Event{Id: draft.Event.ID.String()}
	}
	return protojson.Marshal(&eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(sent, results)})
}
