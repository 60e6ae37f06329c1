package rpc

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// developer reads whose properties are meant: those of the survivor of a merge, who has them from now on if that was not heard of yet; if a merge was undone, her own again.
func (s *catalogServer) developer(ctx context.Context, org uuid.UUID, text string) (uuid.UUID, error) {
	id, err := itemID("developer_id", text)
	if err != nil {
		return uuid.Nil, err
	}
	if id == uuid.Nil { // her properties would be those of all events that are nobody's
		return uuid.Nil, events.ErrIdentityInvalid.With("the zero UUID is nobody").Field("developer_id")
	}
	return s.survivor(ctx, org, id)
}

func (s *catalogServer) survivor(ctx context.Context, org, id uuid.UUID) (uuid.UUID, error) {
	list, err := s.insight.filters.developers.Survivors(ctx, org, []uuid.UUID{id})
	if err != nil {
		return uuid.Nil, err
	}
	return list[0], s.joiner.JoinOne(ctx, org, id, list[0])
}

// GetDeveloperProperties returns the properties of a developer.
func (s *catalogServer) GetDeveloperProperties(ctx context.Context, req *eventsv1.GetDeveloperPropertiesRequest) (*eventsv1.GetDeveloperPropertiesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	developer, err := s.developer(ctx, org, req.GetDeveloperId())
	if err != nil {
		return nil, err
	}
	state, err := s.state(ctx, org, developer)
	if err != nil {
		return nil, err
	}
	return &eventsv1.GetDeveloperPropertiesResponse{Properties: propertiesToProto(developer, state)}, nil
}

func (s *catalogServer) state(ctx context.Context, org, developer uuid.UUID) (insight.DeveloperState, error) {
	item, err := s.store.Item(ctx, org, catalog.DeveloperState, developer)
	if err != nil && !errors.Is(err, catalog.ErrItemNotFound) {
		return insight.DeveloperState{}, err
	}
	return insight.ReadDeveloperState(item)
}

// UpdateDeveloperProperties updates properties of a developer.
func (s *catalogServer) UpdateDeveloperProperties(
	ctx context.Context, req *eventsv1.UpdateDeveloperPropertiesRequest,
) (*eventsv1.UpdateDeveloperPropertiesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	occurred, err := boundFromProto("occurred_at", req.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	if occurred == nil {
		occurred = new(s.now())
	}
	update, err := insight.NewUpdate(*occurred, req.GetSetJson(), req.GetSetOnceJson())
	if err != nil {
		return nil, err
	}
	developer, err := s.developer(ctx, org, req.GetDeveloperId())
	if err != nil {
		return nil, err
	}
	updated, state, err := insight.UpdateDeveloper(ctx, s.store, s.keeper, org, developer, update)
	if err != nil {
		return nil, err
	}
	// Somebody without properties may have been merged since we looked, and then nobody had anything to join.
	if developer, err = s.survivor(ctx, org, updated); err != nil {
		return nil, err
	}
	if developer != updated {
		if state, err = s.state(ctx, org, developer); err != nil {
			return nil, err
		}
	}
	return &eventsv1.UpdateDeveloperPropertiesResponse{Properties: propertiesToProto(developer, state)}, nil
}

func propertiesToProto(developer uuid.UUID, s insight.DeveloperState) *eventsv1.DeveloperProperties {
	m := &eventsv1.DeveloperProperties{DeveloperId: developer.String(), PropertiesJson: s.Object, Revision: s.Revision}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[key]
		m.Origins = append(m.Origins, &eventsv1.DeveloperProperty{Key: key, UpdatedAt: timestamppb.New(time.UnixMicro(p.At)), SetOnce: p.Once})
	}
	return m
}
