package rpc

import (
	"context"
	"time"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/catalog"
	insights "devtrail.dev/services/events/insight/answer"
)

type insightServer struct {
	eventsv1.UnimplementedInsightServiceServer
	engine  *insights.Engine
	filters filterReader
	saved   catalog.Store
	now     func() time.Time
}

// QueryTrends counts events, actors or numbers of a property by time.
func (s *insightServer) QueryTrends(ctx context.Context, req *eventsv1.QueryTrendsRequest) (*eventsv1.QueryTrendsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.trendsRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	got, err := s.engine.Trends(ctx, org, question)
	if err != nil {
		return nil, located(err, req.GetRange())
	}
	return trendsToProto(got), nil
}

// QueryFunnel counts actors that take steps one after the other.
func (s *insightServer) QueryFunnel(ctx context.Context, req *eventsv1.QueryFunnelRequest) (*eventsv1.QueryFunnelResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.funnelRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	got, err := s.engine.Funnel(ctx, org, question)
	if err != nil {
		return nil, located(err, req.GetRange())
	}
	return funnelToProto(got), nil
}

// QueryRetention counts actors that come back.
func (s *insightServer) QueryRetention(ctx context.Context, req *eventsv1.QueryRetentionRequest) (*eventsv1.QueryRetentionResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.retentionRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	got, err := s.engine.Retention(ctx, org, question)
	if err != nil {
		return nil, err
	}
	return retentionToProto(got), nil
}

// QueryStickiness counts actors by the number of buckets in which they are active.
func (s *insightServer) QueryStickiness(ctx context.Context, req *eventsv1.QueryStickinessRequest) (*eventsv1.QueryStickinessResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.stickinessRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	got, err := s.engine.Stickiness(ctx, org, question)
	if err != nil {
		return nil, located(err, req.GetRange())
	}
	return stickinessToProto(got), nil
}

// QueryLifecycle counts actors that are new, stay, come back or leave.
func (s *insightServer) QueryLifecycle(ctx context.Context, req *eventsv1.QueryLifecycleRequest) (*eventsv1.QueryLifecycleResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.lifecycleRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	got, err := s.engine.Lifecycle(ctx, org, question)
	if err != nil {
		return nil, located(err, req.GetRange())
	}
	return lifecycleToProto(got), nil
}

// QueryPaths counts the ways that actors take from item to item.
func (s *insightServer) QueryPaths(ctx context.Context, req *eventsv1.QueryPathsRequest) (*eventsv1.QueryPathsResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	question, err := s.pathsRequest(ctx, org, req)
	if err != nil {
		return nil, err
	}
	edges, err := s.engine.Paths(ctx, org, question)
	if err != nil {
		return nil, located(err, req.GetRange())
	}
	return pathsToProto(edges), nil
}
