package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// catalogService keeps what commands save, one item a page, so that callers must go on.
type catalogService struct {
	eventsv1.UnimplementedCatalogServiceServer
	cohorts  []*eventsv1.Cohort
	actions  []*eventsv1.Action
	saved    []*eventsv1.SavedInsight
	notes    []*eventsv1.UpdateEventDefinitionRequest
	internal *eventsv1.InternalFilters
	promoted []*eventsv1.PromotedProperty
	days     int32 // that suggestions were asked of
	computed int
}

// changedAt is when everything was changed last.
var changedAt = &timestamppb.Timestamp{Seconds: 1_767_225_600}

// one is the item of a page, and the token of the next.
func one[M any](list []M, token string) (page []M, next string) {
	if len(token) >= len(list) {
		return nil, ""
	}
	if len(token)+1 < len(list) {
		next = token + "x"
	}
	return list[len(token) : len(token)+1], next
}

func (s *catalogService) CreateCohort(_ context.Context, r *eventsv1.CreateCohortRequest) (*eventsv1.CreateCohortResponse, error) {
	c := proto.CloneOf(r.GetCohort())
	c.Id, c.Revision, c.UpdatedAt = uuid.NewString(), 1, changedAt
	s.cohorts = append(s.cohorts, c)
	return &eventsv1.CreateCohortResponse{Cohort: c}, nil
}

func (s *catalogService) ListCohorts(_ context.Context, r *eventsv1.ListCohortsRequest) (*eventsv1.ListCohortsResponse, error) {
	page, next := one(s.cohorts, r.GetPageToken())
	return &eventsv1.ListCohortsResponse{Cohorts: page, NextPageToken: next}, nil
}

func (s *catalogService) DeleteCohort(_ context.Context, r *eventsv1.DeleteCohortRequest) (*eventsv1.DeleteCohortResponse, error) {
	s.cohorts = slices.DeleteFunc(s.cohorts, func(c *eventsv1.Cohort) bool { return c.GetId() == r.GetCohortId() })
	return &eventsv1.DeleteCohortResponse{}, nil
}

func (s *catalogService) RecomputeCohort(context.Context, *eventsv1.RecomputeCohortRequest) (*eventsv1.RecomputeCohortResponse, error) {
	s.computed++
	return &eventsv1.RecomputeCohortResponse{}, nil
}

func (s *catalogService) ListCohortMembers(_ context.Context, r *eventsv1.ListCohortMembersRequest) (*eventsv1.ListCohortMembersResponse, error) {
	i := slices.IndexFunc(s.cohorts, func(c *eventsv1.Cohort) bool { return c.GetId() == r.GetCohortId() })
	if i < 0 || s.computed == 0 {
		return &eventsv1.ListCohortMembersResponse{}, nil
	}
	ids := s.cohorts[i].GetDefinition().GetStatic().GetDeveloperIds()
	page, next := one(ids, r.GetPageToken())
	return &eventsv1.ListCohortMembersResponse{
		DeveloperIds: page, NextPageToken: next, Computation: &eventsv1.CohortComputation{Size: int64(len(ids)), ComputedAt: changedAt},
	}, nil
}

func (s *catalogService) CreateAction(_ context.Context, r *eventsv1.CreateActionRequest) (*eventsv1.CreateActionResponse, error) {
	a := proto.CloneOf(r.GetAction())
	a.Id, a.UpdatedAt = uuid.NewString(), changedAt
	s.actions = append(s.actions, a)
	return &eventsv1.CreateActionResponse{Action: a}, nil
}

func (s *catalogService) ListActions(_ context.Context, r *eventsv1.ListActionsRequest) (*eventsv1.ListActionsResponse, error) {
	page, next := one(s.actions, r.GetPageToken())
	return &eventsv1.ListActionsResponse{Actions: page, NextPageToken: next}, nil
}

func (s *catalogService) DeleteAction(context.Context, *eventsv1.DeleteActionRequest) (*eventsv1.DeleteActionResponse, error) {
	return nil, fault.ToStatus(fault.New(fault.State, "ITEM_IN_USE", "it is in use"), "test").Err()
}

func (s *catalogService) CreateSavedInsight(_ context.Context, r *eventsv1.CreateSavedInsightRequest) (*eventsv1.CreateSavedInsightResponse, error) {
	i := proto.CloneOf(r.GetSavedInsight())
	i.Id, i.UpdatedAt = uuid.NewString(), changedAt
	s.saved = append(s.saved, i)
	return &eventsv1.CreateSavedInsightResponse{SavedInsight: i}, nil
}

func (s *catalogService) ListSavedInsights(_ context.Context, r *eventsv1.ListSavedInsightsRequest) (*eventsv1.ListSavedInsightsResponse, error) {
	page, next := one(s.saved, r.GetPageToken())
	return &eventsv1.ListSavedInsightsResponse{SavedInsights: page, NextPageToken: next}, nil
}

func (s *catalogService) RunSavedInsight(_ context.Context, r *eventsv1.RunSavedInsightRequest) (*eventsv1.RunSavedInsightResponse, error) {
	i := slices.IndexFunc(s.saved, func(i *eventsv1.SavedInsight) bool { return i.GetId() == r.GetSavedInsightId() })
	res := &eventsv1.RunSavedInsightResponse{SavedInsight: s.saved[i]}
	if s.saved[i].GetRequest().GetFunnel() != nil {
		steps := []*eventsv1.FunnelStep{{Count: 4}, {Count: 1}}
		res.Answer = &eventsv1.RunSavedInsightResponse_Funnel{Funnel: &eventsv1.QueryFunnelResponse{Rows: []*eventsv1.FunnelRow{{Steps: steps}}}}
		return res, nil
	}
	res.Answer = &eventsv1.RunSavedInsightResponse_Trends{Trends: &eventsv1.QueryTrendsResponse{
		Buckets: []*timestamppb.Timestamp{changedAt}, Rows: []*eventsv1.TrendRow{{Values: []float64{2}, Total: 2}},
	}}
	return res, nil
}

func (s *catalogService) ListEventDefinitions(_ context.Context, r *eventsv1.ListEventDefinitionsRequest) (*eventsv1.ListEventDefinitionsResponse, error) {
	all := []*eventsv1.EventDefinition{
		{Name: "a.seen", EventCount: 3, FirstSeen: changedAt, LastSeen: changedAt, Description: "seen", Verified: true}, {Name: "b.seen", EventCount: 1},
	}
	page, next := one(all, r.GetPageToken())
	return &eventsv1.ListEventDefinitionsResponse{EventDefinitions: page, NextPageToken: next}, nil
}

func (s *catalogService) UpdateEventDefinition(_ context.Context, r *eventsv1.UpdateEventDefinitionRequest) (*eventsv1.UpdateEventDefinitionResponse, error) {
	s.notes = append(s.notes, r)
	return &eventsv1.UpdateEventDefinitionResponse{EventDefinition: r.GetEventDefinition()}, nil
}

func (s *catalogService) ListPropertyDefinitions(context.Context, *eventsv1.ListPropertyDefinitionsRequest) (*eventsv1.ListPropertyDefinitionsResponse, error) {
	return &eventsv1.ListPropertyDefinitionsResponse{PropertyDefinitions: []*eventsv1.PropertyDefinition{{
		Key: "tool", Types: []*eventsv1.ValueTypeCount{{Type: eventsv1.ValueType_VALUE_TYPE_TEXT, EventCount: 3}}, Examples: []string{"npm"}, EventCount: 3, Hidden: true,
	}}}, nil
}

func (s *catalogService) SetInternalFilters(_ context.Context, r *eventsv1.SetInternalFiltersRequest) (*eventsv1.SetInternalFiltersResponse, error) {
	s.internal = r.GetInternalFilters()
	return &eventsv1.SetInternalFiltersResponse{InternalFilters: s.internal}, nil
}

func (s *catalogService) GetInternalFilters(context.Context, *eventsv1.GetInternalFiltersRequest) (*eventsv1.GetInternalFiltersResponse, error) {
	return &eventsv1.GetInternalFiltersResponse{InternalFilters: cmp.Or(s.internal, &eventsv1.InternalFilters{})}, nil
}

func (s *catalogService) PromoteProperty(_ context.Context, r *eventsv1.PromotePropertyRequest) (*eventsv1.PromotePropertyResponse, error) {
	p := &eventsv1.PromotedProperty{Key: r.GetKey(), State: eventsv1.PromotionState_PROMOTION_STATE_BACKFILLING, Percent: 40, UpdatedAt: changedAt}
	s.promoted = append(s.promoted, p)
	return &eventsv1.PromotePropertyResponse{Property: p}, nil
}

func (s *catalogService) DemoteProperty(_ context.Context, r *eventsv1.DemotePropertyRequest) (*eventsv1.DemotePropertyResponse, error) {
	i := slices.IndexFunc(s.promoted, func(p *eventsv1.PromotedProperty) bool { return p.GetKey() == r.GetKey() })
	if i < 0 {
		return nil, fault.ToStatus(fault.New(fault.NotFound, "PROPERTY_NOT_PROMOTED", "it is not promoted"), "test").Err()
	}
	s.promoted[i].State = eventsv1.PromotionState_PROMOTION_STATE_REMOVING
	return &eventsv1.DemotePropertyResponse{Property: s.promoted[i]}, nil
}

func (s *catalogService) ListPromotedProperties(context.Context, *eventsv1.ListPromotedPropertiesRequest) (*eventsv1.ListPromotedPropertiesResponse, error) {
	return &eventsv1.ListPromotedPropertiesResponse{Properties: s.promoted, Limit: 16}, nil
}

func (s *catalogService) SuggestPromotions(_ context.Context, r *eventsv1.SuggestPromotionsRequest) (*eventsv1.SuggestPromotionsResponse, error) {
	s.days = r.GetDays()
	if s.days == 1 {
		return &eventsv1.SuggestPromotionsResponse{}, nil
	}
	return &eventsv1.SuggestPromotionsResponse{Suggestions: []*eventsv1.PromotionSuggestion{
		{Key: "team", QueryCount: 12, Elapsed: durationpb.New(3400 * time.Millisecond), ReadBytes: 5_000_000},
	}}, nil
}
