package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// What a request for slow queries means that does not say.
const (
	slowSince = 24 * time.Hour
	slowLeast = time.Second
)

// ListRunningQueries returns what the database does for the organization now.
func (s *adminServer) ListRunningQueries(ctx context.Context, _ *eventsv1.ListRunningQueriesRequest) (*eventsv1.ListRunningQueriesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.monitor.RunningQueries(ctx, org)
	if err != nil {
		return nil, err
	}
	return &eventsv1.ListRunningQueriesResponse{Queries: queriesToProto(list)}, nil
}

// CancelQuery ends a query in the database.
func (s *adminServer) CancelQuery(ctx context.Context, req *eventsv1.CancelQueryRequest) (*eventsv1.CancelQueryResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkValue("query_id", req.GetQueryId()); err != nil {
		return nil, err
	}
	if err := s.monitor.CancelQuery(ctx, org, req.GetQueryId()); err != nil {
		return nil, err
	}
	return &eventsv1.CancelQueryResponse{}, nil
}

// ListSlowQueries returns what took long.
func (s *adminServer) ListSlowQueries(ctx context.Context, req *eventsv1.ListSlowQueriesRequest) (*eventsv1.ListSlowQueriesResponse, error) {
	org, err := auth.Organization(ctx)
	if err != nil {
		return nil, err
	}
	size, err := page.Size(req.GetLimit())
	if err != nil {
		return nil, err
	}
	f := events.SlowQueryFilter{Since: s.now().Add(-slowSince), Least: slowLeast, Limit: size}
	since, err := boundFromProto("since", req.GetSince())
	if err != nil {
		return nil, err
	}
	if since != nil {
		f.Since = *since
	}
	if req.GetMinElapsed() != nil {
		f.Least = req.GetMinElapsed().AsDuration()
	}
	slow, err := s.monitor.SlowQueries(ctx, org, f)
	if err != nil {
		return nil, err
	}
	res := &eventsv1.ListSlowQueriesResponse{Queries: queriesToProto(slow.Queries), Source: eventsv1.SlowQuerySource_SLOW_QUERY_SOURCE_DATABASE}
	if slow.Instance {
		res.Source = eventsv1.SlowQuerySource_SLOW_QUERY_SOURCE_INSTANCE
	}
	return res, nil
}

func queriesToProto(list []events.Query) []*eventsv1.DatabaseQuery {
	var messages []*eventsv1.DatabaseQuery
	for _, q := range list {
		messages = append(messages, &eventsv1.DatabaseQuery{
			QueryId: q.ID, Caller: q.Tag.Caller, Rpc: q.Tag.RPC, Kind: q.Tag.Kind, RequestId: q.Tag.RequestID,
			StartedAt: timestamppb.New(q.StartedAt), Elapsed: durationpb.New(q.Elapsed), ReadRowCount: q.Usage.ReadRows, ReadByteCount: q.Usage.ReadBytes,
			ResultRowCount: q.Usage.ResultRows, MemoryBytes: q.Usage.MemoryBytes, Failure: q.Failure,
		})
	}
	return messages
}
