package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
)

// What a request for suggestions means that says nothing.
const (
	suggestDays  = 7
	suggestLimit = 10
)

// SuggestPromotions returns what the record of queries says, without what is promoted.
func (s *catalogServer) SuggestPromotions(ctx context.Context, req *eventsv1.SuggestPromotionsRequest) (*eventsv1.SuggestPromotionsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	days, limit := int(req.GetDays()), int(req.GetLimit())
	if days == 0 {
		days = suggestDays
	}
	if limit == 0 {
		limit = suggestLimit
	}
	list, err := s.promoter.Suggest(ctx, org, s.now().AddDate(0, 0, -days), limit)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.SuggestPromotionsResponse{}
	for _, u := range list {
		res.Suggestions = append(res.Suggestions, &eventsv1.PromotionSuggestion{
			Key: u.Key, QueryCount: u.Queries, Elapsed: durationpb.New(u.Elapsed), ReadBytes: u.ReadBytes,
		})
	}
	return res, nil
}

// PromoteProperty promotes a property.
func (s *catalogServer) PromoteProperty(ctx context.Context, req *eventsv1.PromotePropertyRequest) (*eventsv1.PromotePropertyResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.promoter.Promote(ctx, org, req.GetKey())
	if err != nil {
		return nil, err
	}
	list, err := s.promoter.Progress(ctx, org, []catalog.Promoted{p})
	if err != nil {
		return nil, err
	}
	return &eventsv1.PromotePropertyResponse{Property: promotedToProto(list[0])}, nil
}

// ListPromotedProperties returns the promotions.
func (s *catalogServer) ListPromotedProperties(
	ctx context.Context, _ *eventsv1.ListPromotedPropertiesRequest,
) (*eventsv1.ListPromotedPropertiesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	promoted, err := s.promoter.List(ctx, org)
	if err != nil {
		return nil, err
	}
	list, err := s.promoter.Progress(ctx, org, promoted)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ListPromotedPropertiesResponse{Limit: int32(s.promoter.Limit())}
	for _, p := range list {
		res.Properties = append(res.Properties, promotedToProto(p))
	}
	return res, nil
}

// DemoteProperty takes a promotion back.
func (s *catalogServer) DemoteProperty(ctx context.Context, req *eventsv1.DemotePropertyRequest) (*eventsv1.DemotePropertyResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.promoter.Demote(ctx, org, req.GetKey())
	if err != nil {
		return nil, err
	}
	return &eventsv1.DemotePropertyResponse{Property: promotedToProto(catalog.Progress{Promoted: p})}, nil
}

var promotionStates = map[catalog.PromotionState]eventsv1.PromotionState{
	catalog.Filling:  eventsv1.PromotionState_PROMOTION_STATE_BACKFILLING,
	catalog.Ready:    eventsv1.PromotionState_PROMOTION_STATE_READY,
	catalog.Removing: eventsv1.PromotionState_PROMOTION_STATE_REMOVING,
}

func promotedToProto(p catalog.Progress) *eventsv1.PromotedProperty {
	return &eventsv1.PromotedProperty{Key: p.Key, State: promotionStates[p.State], Percent: int32(p.Percent), UpdatedAt: timestamppb.New(p.Since)}
}
