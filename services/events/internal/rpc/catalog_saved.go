package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// checked is what is wrong with a request that was read, which it checks if nothing was wrong so far.
func checked[R interface{ Checked() (R, error) }](r R, err error) error {
	if err == nil {
		_, err = r.Checked()
	}
	return err
}

// judgeInsight reads a request as if it was asked.
func (s *catalogServer) judgeInsight(r *eventsv1.InsightRequest) func(context.Context, uuid.UUID) error {
	return func(ctx context.Context, org uuid.UUID) (err error) {
		switch k := r.GetKind().(type) {
		case *eventsv1.InsightRequest_Trends:
			err = checked(s.insight.trendsRequest(ctx, org, k.Trends))
		case *eventsv1.InsightRequest_Funnel:
			err = checked(s.insight.funnelRequest(ctx, org, k.Funnel))
		case *eventsv1.InsightRequest_Retention:
			err = checked(s.insight.retentionRequest(ctx, org, k.Retention))
		case *eventsv1.InsightRequest_Stickiness:
			err = checked(s.insight.stickinessRequest(ctx, org, k.Stickiness))
		case *eventsv1.InsightRequest_Lifecycle:
			err = checked(s.insight.lifecycleRequest(ctx, org, k.Lifecycle))
		case *eventsv1.InsightRequest_Paths:
			err = checked(s.insight.pathsRequest(ctx, org, k.Paths))
		default:
			return events.ErrFieldMissing.With("the saved insight has no request").Field("saved_insight.request")
		}
		return beneath("saved_insight.request", err)
	}
}

// CreateSavedInsight saves a request.
func (s *catalogServer) CreateSavedInsight(ctx context.Context, req *eventsv1.CreateSavedInsightRequest) (*eventsv1.CreateSavedInsightResponse, error) {
	saved := req.GetSavedInsight()
	item, err := s.made(ctx, catalog.SavedInsight, "saved_insight", saved, saved.GetRequest(), req.GetRequestId(), s.judgeInsight(saved.GetRequest()))
	if err != nil {
		return nil, err
	}
	made, err := savedToProto(item)
	return &eventsv1.CreateSavedInsightResponse{SavedInsight: made}, err
}

// GetSavedInsight returns a saved insight.
func (s *catalogServer) GetSavedInsight(ctx context.Context, req *eventsv1.GetSavedInsightRequest) (*eventsv1.GetSavedInsightResponse, error) {
	item, err := s.item(ctx, catalog.SavedInsight, "saved_insight_id", req.GetSavedInsightId())
	if err != nil {
		return nil, err
	}
	saved, err := savedToProto(item)
	return &eventsv1.GetSavedInsightResponse{SavedInsight: saved}, err
}

// ListSavedInsights returns a page of saved insights.
func (s *catalogServer) ListSavedInsights(ctx context.Context, req *eventsv1.ListSavedInsightsRequest) (*eventsv1.ListSavedInsightsResponse, error) {
	list, next, err := items(ctx, s, catalog.SavedInsight, req, savedToProto)
	if err != nil {
		return nil, err
	}
	return &eventsv1.ListSavedInsightsResponse{SavedInsights: list, NextPageToken: next}, nil
}

// UpdateSavedInsight changes a saved insight.
func (s *catalogServer) UpdateSavedInsight(ctx context.Context, req *eventsv1.UpdateSavedInsightRequest) (*eventsv1.UpdateSavedInsightResponse, error) {
	saved := req.GetSavedInsight()
	item, err := s.changed(ctx, catalog.SavedInsight, "saved_insight", "request", saved, saved.GetRequest(), req.GetUpdateMask(), s.judgeInsight(saved.GetRequest()))
	if err != nil {
		return nil, err
	}
	now, err := savedToProto(item)
	return &eventsv1.UpdateSavedInsightResponse{SavedInsight: now}, err
}

// DeleteSavedInsight deletes a saved insight.
func (s *catalogServer) DeleteSavedInsight(ctx context.Context, req *eventsv1.DeleteSavedInsightRequest) (*eventsv1.DeleteSavedInsightResponse, error) {
	return &eventsv1.DeleteSavedInsightResponse{}, s.remove(ctx, catalog.SavedInsight, "saved_insight_id", req.GetSavedInsightId(), req.GetRevision())
}

// RunSavedInsight asks the request as its own RPC would.
func (s *catalogServer) RunSavedInsight(ctx context.Context, req *eventsv1.RunSavedInsightRequest) (*eventsv1.RunSavedInsightResponse, error) {
	if _, err := auth.Organization(ctx); err != nil {
		return nil, err
	}
	item, err := s.item(ctx, catalog.SavedInsight, "saved_insight_id", req.GetSavedInsightId())
	if err != nil {
		return nil, err
	}
	saved, err := savedToProto(item)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.RunSavedInsightResponse{SavedInsight: saved}
	switch k := saved.GetRequest().GetKind().(type) {
	case *eventsv1.InsightRequest_Trends:
		answer, err := s.insight.QueryTrends(ctx, k.Trends)
		res.Answer = &eventsv1.RunSavedInsightResponse_Trends{Trends: answer}
		return res, err
	case *eventsv1.InsightRequest_Funnel:
		answer, err := s.insight.QueryFunnel(ctx, k.Funnel)
		res.Answer = &eventsv1.RunSavedInsightResponse_Funnel{Funnel: answer}
		return res, err
	case *eventsv1.InsightRequest_Retention:
		answer, err := s.insight.QueryRetention(ctx, k.Retention)
		res.Answer = &eventsv1.RunSavedInsightResponse_Retention{Retention: answer}
		return res, err
	case *eventsv1.InsightRequest_Stickiness:
		answer, err := s.insight.QueryStickiness(ctx, k.Stickiness)
		res.Answer = &eventsv1.RunSavedInsightResponse_Stickiness{Stickiness: answer}
		return res, err
	case *eventsv1.InsightRequest_Lifecycle:
		answer, err := s.insight.QueryLifecycle(ctx, k.Lifecycle)
		res.Answer = &eventsv1.RunSavedInsightResponse_Lifecycle{Lifecycle: answer}
		return res, err
	case *eventsv1.InsightRequest_Paths:
		answer, err := s.insight.QueryPaths(ctx, k.Paths)
		res.Answer = &eventsv1.RunSavedInsightResponse_Paths{Paths: answer}
		return res, err
	}
	return res, nil
}

func savedToProto(i catalog.Item) (*eventsv1.SavedInsight, error) {
	s := &eventsv1.SavedInsight{
		Id: i.ID.String(), Name: i.Name, Description: i.Description, Request: &eventsv1.InsightRequest{}, Revision: i.Revision,
		CreatedAt: timestamppb.New(i.CreatedAt), UpdatedAt: timestamppb.New(i.UpdatedAt),
	}
	return s, readBody(i, s.GetRequest())
}
