package web

import (
	"context"
	"encoding/json"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/wire"
)

const (
	typeJSON = "application/json"
	typeText = "text/plain"
)

// captureWay takes batches of programs, and those that a page sends while it is closed: sendBeacon sets no header and asks no preflight only
// for text/plain, and browsers give it 64 KiB.
var captureWay = way{
	queries:  []string{"key"},
	inBody:   bodyKey,
	packed:   20<<20 + 64<<10,
	unpacked: 20<<20 + 64<<10,
	small:    map[string]limits{typeText: {packed: 60 << 10, unpacked: 1 << 20}},
}

// What a batch and an event are made of at most: an empty text of three bytes takes many more when it is read.
const (
	maxMembers = 10
	maxValues  = 10 * events.MaxPackages
)

var (
	errBatch     = fault.New(fault.Invalid, "VALIDATION_FAILED", "the request is not valid").Field("events")
	errEventJSON = fault.New(fault.Invalid, "EVENT_INVALID", "the event cannot be read")
)

// bodyKey is the key in the body of a sendBeacon.
func bodyKey(contentType string, body []byte) string {
	var e struct {
		Key string `json:"key"`
	}
	if contentType != typeText || json.Unmarshal(body, &e) != nil {
		return ""
	}
	return e.Key
}

// capture is IngestService.CaptureEvents by JSON: the same messages, the same answer.
func (d *Door) capture(ctx context.Context, w http.ResponseWriter, l letter) error {
	if l.contentType != typeJSON && l.contentType != typeText {
		return formatUnknown(l.contentType, typeJSON+" or "+typeText)
	}
	sent, unreadable, err := readBatch(l.contentType, l.body)
	if err != nil {
		return err
	}
	organization, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	request, err := wire.RequestFromProto(organization, auth.MustCaller(ctx).CredentialID, sent)
	if err != nil {
		return err
	}
	for i, err := range unreadable {
		request.Drafts[i] = ingest.Draft{Err: err}
	}
	results, err := d.deps.Intake.Take(ctx, request)
	if err != nil {
		return err
	}
	body, err := protojson.Marshal(&eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(sent.GetEvents(), results)})
	if err != nil {
		return err
	}
	write(w, http.StatusOK, typeJSON, body)
	return nil
}

// readBatch reads a CaptureEventsRequest. Its events are read one by one, so that a bad one does not take the others along; the errors of those
// that cannot be read are by their places.
func readBatch(contentType string, body []byte) (*eventsv1.CaptureEventsRequest, map[int]error, error) {
	if n := source.Members(body); n > maxMembers {
		return nil, nil, errBody.With("the body is not a CaptureEventsRequest: it has %d members", n)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, nil, errBody.With(`the body is not a JSON object {"events": [...]}`)
	}
	var raws []json.RawMessage
	n := source.Elements(members["events"])
	if n <= wire.MaxEvents {
		if err := json.Unmarshal(members["events"], &raws); err != nil && members["events"] != nil {
			return nil, nil, errBody.With("events is not a list").Field("events")
		}
		n = len(raws)
	}
	if n == 0 || n > wire.MaxEvents {
		return nil, nil, errBatch.With("the request has %d events, 1 to %d are taken", n, wire.MaxEvents)
	}
	delete(members, "events")
	if contentType == typeText {
		delete(members, "key") // read before
	}
	batch := &eventsv1.CaptureEventsRequest{}
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, nil, err
	}
	if err := protojson.Unmarshal(rest, batch); err != nil {
		return nil, nil, errBody.With("the body is not a CaptureEventsRequest: %.200s", err.Error()).Field(badField(rest, batch.ProtoReflect().Type()))
	}
	if _, ok := eventsv1.AckLevel_name[int32(batch.GetAck())]; !ok {
		return nil, nil, errBatch.With("ack %d is not known", batch.GetAck()).Field("ack")
	}
	batch.Events = make([]*eventsv1.Event, len(raws))
	unreadable := make(map[int]error)
	for i, raw := range raws {
		batch.Events[i] = &eventsv1.Event{}
		if err := readEvent(raw, batch.GetEvents()[i]); err != nil {
			unreadable[i] = err
			batch.Events[i] = &eventsv1.Event{Id: rawID(raw)}
		}
	}
	return batch, unreadable, nil
}

// readEvent reads an event. The error says at which field it cannot be read.
func readEvent(raw json.RawMessage, into *eventsv1.Event) error {
	if n := source.Values(raw); n > maxValues {
		return events.ErrEventTooLarge.With("the event has about %d values, of which at most %d are packages", n, events.MaxPackages).Field("packages")
	}
	if err := protojson.Unmarshal(raw, into); err != nil {
		return errEventJSON.With("%.300s", err.Error()).Field(badField(raw, into.ProtoReflect().Type()))
	}
	return nil
}

// rawID is the id of an event that could not be read, so that the sender can tell which one it was.
func rawID(raw json.RawMessage) string {
	var e struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &e) != nil || len(e.ID) > 64 {
		return ""
	}
	return e.ID
}
