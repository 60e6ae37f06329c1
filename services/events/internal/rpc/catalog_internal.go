package rpc

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// GetInternalFilters returns what keeps internal events out.
func (s *catalogServer) GetInternalFilters(ctx context.Context, _ *eventsv1.GetInternalFiltersRequest) (*eventsv1.GetInternalFiltersResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	filters, err := internalFilters(ctx, s.store, org)
	return &eventsv1.GetInternalFiltersResponse{InternalFilters: filters}, err
}

// SetInternalFilters replaces it, once each filter was read as a question would.
func (s *catalogServer) SetInternalFilters(ctx context.Context, req *eventsv1.SetInternalFiltersRequest) (*eventsv1.SetInternalFiltersResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	ask, err := s.insight.ask(ctx, org, "")
	if err != nil {
		return nil, err
	}
	filters := proto.CloneOf(req.GetInternalFilters())
	if _, err := ask.properties("internal_filters.properties", filters.GetProperties(), 0); err != nil {
		return nil, err
	}
	based := filters.GetRevision()
	filters.Revision = 0
	body, err := write(filters)
	if err != nil {
		return nil, err
	}
	item, err := s.keeper.Put(ctx, org, catalog.InternalFilters, uuid.Nil, based, func(i *catalog.Item) (bool, error) {
		i.Name, i.Body, i.Uses = "the internal filters", body, usesOf(filters)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	filters.Revision = item.Revision
	return &eventsv1.SetInternalFiltersResponse{InternalFilters: filters}, nil
}

// internalFilters reads those of an organization; without any they are of revision 0.
func internalFilters(ctx context.Context, store catalog.Store, org uuid.UUID) (*eventsv1.InternalFilters, error) {
	filters := &eventsv1.InternalFilters{}
	item, err := store.Item(ctx, org, catalog.InternalFilters, uuid.Nil)
	if errors.Is(err, catalog.ErrItemNotFound) {
		return filters, nil
	}
	if err != nil {
		return nil, err
	}
	err = readBody(item, filters)
	filters.Revision = item.Revision
	return filters, err
}

// internal are the filters that a question which excludes internal events has besides its own.
func (a *asking) internal() ([]insight.PropertyFilter, error) {
	filters, err := internalFilters(a.ctx, a.saved, a.org)
	if err != nil {
		return nil, err
	}
	made, err := a.properties("exclude_internal", filters.GetProperties(), 0)
	if err != nil { // what they name is not there any more
		return nil, at("exclude_internal", err)
	}
	return made, nil
}
