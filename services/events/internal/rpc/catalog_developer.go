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
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// developer reads whose properties are meant: those of the survivor of a merge.
func (s *catalogServer) developer(ctx context.Context, org uuid.UUID, text string) (uuid.UUID, error) {
	id, err := itemID("developer_id", text)
	if err != nil {
		return uuid.Nil, err
	}
	list, err := s.insight.filters.developers.Survivors(ctx, org, []uuid.UUID{id})
	if err != nil || len(list) == 0 {
		return id, err
	}
	return list[0], nil
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
	item, err := s.store.Item(ctx, org, catalog.DeveloperState, developer)
	if err != nil && !errors.Is(err, catalog.ErrItemNotFound) {
		return nil, err
	}
	state, err := insight.ReadDeveloperState(item)
	if err != nil {
		return nil, err
	}
	return &eventsv1.GetDeveloperPropertiesResponse{Properties: propertiesToProto(developer, state)}, nil
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
	state, err := insight.UpdateDeveloper(ctx, s.store, s.keeper, org, developer, update)
	if err != nil {
		return nil, err
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
