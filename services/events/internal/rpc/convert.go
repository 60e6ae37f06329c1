package rpc

import (
	"errors"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// draftFromProto reads what the message says; the rules of events judge it.
func draftFromProto(m *eventsv1.Event) ingest.Draft {
	d := ingest.Draft{ActorName: m.GetActorName()}
	id, err := uuid.Parse(m.GetId())
	if err != nil || len(m.GetId()) != len(id.String()) {
		d.Err = events.ErrEventIDInvalid.With("the event id %.80q is not a UUID", m.GetId()).Field("id")
		return d
	}
	if m.GetOccurredAt() == nil {
		d.Err = events.ErrFieldMissing.With("occurred_at is missing").Field("occurred_at")
		return d
	}
	if err := m.GetOccurredAt().CheckValid(); err != nil {
		d.Err = events.ErrTimeInvalid.With("occurred_at is not a valid time").Field("occurred_at")
		return d
	}
	if kind := m.GetSource().GetKind(); kind < 0 || kind > eventsv1.SourceKind_SOURCE_KIND_SDK {
		d.Err = events.ErrSourceKindInvalid.With("source kind %d is not known", kind).Field("source.kind")
		return d
	}
	d.Event = events.Event{
		ID:         id,
		Name:       m.GetName(),
		OccurredAt: m.GetOccurredAt().AsTime(),
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

func resultsToProto(sent []*eventsv1.Event, results []ingest.Result) []*eventsv1.CaptureResult {
	list := make([]*eventsv1.CaptureResult, len(results))
	for i, r := range results {
		list[i] = &eventsv1.CaptureResult{EventId: sent[i].GetId(), Status: eventsv1.CaptureStatus(r.Status)}
		var f *fault.Fault
		if errors.As(r.Err, &f) {
			list[i].Reason, list[i].Field, list[i].Message = f.Reason(), f.FieldPath(), f.Message()
		}
	}
	return list
}

func eventsToProto(list []events.Event) []*eventsv1.Event {
	messages := make([]*eventsv1.Event, len(list))
	for i, e := range list {
		messages[i] = eventToProto(e)
	}
	return messages
}

func eventToProto(e events.Event) *eventsv1.Event {
	return &eventsv1.Event{
		Id:             e.ID.String(),
		Name:           e.Name,
		OccurredAt:     timestamppb.New(e.OccurredAt),
		Actor:          identityToProto(e.Actor),
		Source:         &eventsv1.Source{Kind: eventsv1.SourceKind(e.Source.Kind), Tool: e.Source.Tool, ToolVersion: e.Source.ToolVersion, Machine: e.Source.Machine},
		Project:        e.Project,
		Packages:       e.Packages,
		SessionId:      e.SessionID,
		PropertiesJson: e.Properties,
		DeveloperId:    developerToProto(e.DeveloperID),
		ReceivedAt:     timestamppb.New(e.ReceivedAt),
	}
}

func identityToProto(i events.Identity) *identityv1.Identity {
	if !i.Known() {
		return nil
	}
	return &identityv1.Identity{Kind: identityv1.IdentityKind(i.Kind), Value: i.Value}
}

// developerToProto writes nobody as empty text.
func developerToProto(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func trendsToProto(buckets []time.Time, trends []events.Trend) *eventsv1.QueryTrendsResponse {
	res := &eventsv1.QueryTrendsResponse{}
	for _, start := range buckets {
		res.Buckets = append(res.Buckets, timestamppb.New(start))
	}
	for i, t := range trends {
		row := &eventsv1.TrendRow{Series: int32(i), Total: float64(t.Total), Values: make([]float64, len(t.Values))}
		for j, v := range t.Values {
			row.Values[j] = float64(v)
		}
		res.Rows = append(res.Rows, row)
	}
	return res
}
