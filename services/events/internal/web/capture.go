package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
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
	packed:   16<<20 + 64<<10,
	unpacked: 16<<20 + 64<<10,
	small:    map[string]limits{typeText: {packed: 60 << 10, unpacked: 1 << 20}},
}

var (
	errBatch     = fault.New(fault.Invalid, "VALIDATION_FAILED", "the request is not valid").Field("events")
	errEventJSON = fault.New(fault.Invalid, "EVENT_INVALID", "the event cannot be read")
)

// envelope is a CaptureEventsRequest before its events are read, so that a bad one does not take the others along.
type envelope struct {
	Events []json.RawMessage `json:"events"`
	Key    string            `json:"key"` // of text/plain only
}

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
	sent, drafts, err := readEvents(l.contentType, l.body)
	if err != nil {
		return err
	}
	organization, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	results, err := d.deps.Intake.Capture(ctx, organization, drafts)
	if err != nil {
		return err
	}
	body, err := protojson.Marshal(&eventsv1.CaptureEventsResponse{Results: wire.ResultsToProto(sent, results)})
	if err != nil {
		return err
	}
	write(w, http.StatusOK, typeJSON, body)
	return nil
}

// readEvents reads the events one by one.
func readEvents(contentType string, body []byte) ([]*eventsv1.Event, []ingest.Draft, error) {
	var e envelope
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return nil, nil, errBody.With(`the body is not a JSON object {"events": [...]}: %.200s`, err.Error())
	}
	if decoder.More() {
		return nil, nil, errBody.With("there is more after the JSON object")
	}
	if e.Key != "" && contentType != typeText {
		return nil, nil, errBody.With("a key in the body is taken with %s only", typeText).Field("key")
	}
	if n := len(e.Events); n == 0 || n > wire.MaxEvents {
		return nil, nil, errBatch.With("the request has %d events, 1 to %d are taken", n, wire.MaxEvents)
	}
	sent := make([]*eventsv1.Event, len(e.Events))
	drafts := make([]ingest.Draft, len(e.Events))
	for i, raw := range e.Events {
		sent[i] = &eventsv1.Event{}
		if err := protojson.Unmarshal(raw, sent[i]); err != nil {
			drafts[i].Err = errEventJSON.With("%.300s", err.Error())
			sent[i] = &eventsv1.Event{Id: rawID(raw)}
			continue
		}
		drafts[i] = wire.DraftFromProto(sent[i])
	}
	return sent, drafts, nil
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
