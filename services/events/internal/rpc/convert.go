package rpc

import (
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

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

// basicToProto writes the fields of EVENT_VIEW_BASIC.
func basicToProto(list []events.Event) []*eventsv1.Event {
	messages := make([]*eventsv1.Event, len(list))
	for i, e := range list {
		messages[i] = &eventsv1.Event{
			DeveloperId: developerToProto(e.DeveloperID), Id: e.ID.String(), Name: e.Name, OccurredAt: timestamppb.New(e.OccurredAt), Project: e.Project,
		}
	}
	return messages
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
