// Package wire turns the events of the contract into drafts and the results of the intake into answers of the contract.
// Both doors need it: it stands between internal/rpc and internal/web on one side and internal/ingest on the other.
package wire

import (
	"errors"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// MaxEvents is how many events a request may hold: the rule of CaptureEventsRequest, for those who do not read its message whole.
const MaxEvents = 5000

// DraftFromProto reads what the message says; the rules of events judge it. What cannot be read is a draft with an error.
func DraftFromProto(m *eventsv1.Event) ingest.Draft {
	d := ingest.Draft{ActorName: m.GetActorName()}
	id, err := uuid.Parse(m.GetId())
	if err != nil || len(m.GetId()) != len(id.String()) {
		d.Err = events.ErrEventIDInvalid.With("the event id %.80q is not a UUID", m.GetId()).Field("id")
		return d
	}
	if d.Clock, d.Err = clockFromProto(m); d.Err != nil {
		return d
	}
	if kind := m.GetSource().GetKind(); kind < 0 || kind > eventsv1.SourceKind_SOURCE_KIND_SDK {
		d.Err = events.ErrSourceKindInvalid.With("source kind %d is not known", kind).Field("source.kind")
		return d
	}
	d.Event = events.Event{
		ID:         id,
		Name:       m.GetName(),
		OccurredAt: timeFromProto(m.GetOccurredAt()),
		Packages:   m.GetPackages(),
		Project:    m.GetProject(),
		Properties: m.GetPropertiesJson(),
		SessionID:  m.GetSessionId(),
		Source: events.Source{
			Kind:        events.SourceKind(m.GetSource().GetKind()),
			Machine:     m.GetSource().GetMachine(),
			Tool:        m.GetSource().GetTool(),
			ToolVersion: m.GetSource().GetToolVersion(),
		},
	}
	if a := m.GetActor(); a != nil {
		if a.GetKind() <= 0 || a.GetKind() > identityv1.IdentityKind_IDENTITY_KIND_EXTERNAL {
			d.Err = events.ErrIdentityInvalid.With("identity kind %d is not known", a.GetKind()).Field("actor.kind")
			return d
		}
		d.Event.Actor = events.Identity{Kind: events.IdentityKind(a.GetKind()), Value: a.GetValue()}
	}
	return d
}

// ResultsToProto says of each event sent what became of it, in their order.
func ResultsToProto(sent []*eventsv1.Event, results []ingest.Result) []*eventsv1.CaptureResult {
	list := make([]*eventsv1.CaptureResult, len(results))
	for i, r := range results {
		list[i] = &eventsv1.CaptureResult{EventId: sent[i].GetId(), Status: eventsv1.CaptureStatus(r.Status)}
		var f *fault.Fault
		if errors.As(r.Err, &f) {
			list[i].Reason, list[i].Field, list[i].Message = f.Reason(), f.FieldPath(), f.Message()
		}
		if r.Status == ingest.Retry {
			list[i].RetryAfter = durationpb.New(r.RetryAfter)
		}
	}
	return list
}
