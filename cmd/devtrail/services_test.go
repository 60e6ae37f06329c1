package main

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

const testKey = "dvk_test"

// services answers for events, identity and packages on one port, with what it was sent and little else.
type services struct {
	eventsv1.UnimplementedIngestServiceServer
	eventsv1.UnimplementedEventServiceServer
	eventsv1.UnimplementedInsightServiceServer
	identityv1.UnimplementedDeveloperServiceServer
	packagesv1.UnimplementedInventoryServiceServer
	address string
	catalog catalogService

	mu     sync.Mutex
	events []*eventsv1.Event // by arrival
	trends []*eventsv1.QueryTrendsRequest
	// insight is the last request for another insight.
	insight proto.Message
	// away says why names of developers are not told; nil: they are.
	away func(context.Context) error
}

const adaID = "0198c0de-0000-7000-8000-000000000001"

func startServices(t *testing.T) *services {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &services{address: listener.Addr().String()}
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		if tokens := md.Get("authorization"); len(tokens) != 1 || tokens[0] != "Bearer "+testKey {
			return nil, fault.ToStatus(fault.New(fault.Unauthenticated, "CREDENTIAL_INVALID", "the key is not known"), "test").Err()
		}
		return handle(ctx, req)
	}))
	eventsv1.RegisterIngestServiceServer(server, s)
	eventsv1.RegisterEventServiceServer(server, s)
	eventsv1.RegisterInsightServiceServer(server, s)
	eventsv1.RegisterCatalogServiceServer(server, &s.catalog)
	identityv1.RegisterDeveloperServiceServer(server, s)
	packagesv1.RegisterInventoryServiceServer(server, s)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	return s
}

func (s *services) CaptureEvents(_ context.Context, request *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	response := &eventsv1.CaptureEventsResponse{}
	for _, event := range request.GetEvents() {
		event.DeveloperId = adaID
		s.events = append(s.events, event)
		response.Results = append(response.Results, &eventsv1.CaptureResult{EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_STORED})
	}
	return response, nil
}

func (s *services) ImportManifest(context.Context, *packagesv1.ImportManifestRequest) (*packagesv1.ImportManifestResponse, error) {
	return &packagesv1.ImportManifestResponse{}, nil
}

// EndManifests takes everything.
func (s *services) EndManifests(context.Context, *packagesv1.EndManifestsRequest) (*packagesv1.EndManifestsResponse, error) {
	return &packagesv1.EndManifestsResponse{}, nil
}

// ListEvents gives one event a page, whatever the size, so that callers must go on.
func (s *services) ListEvents(_ context.Context, request *eventsv1.ListEventsRequest) (*eventsv1.ListEventsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := len(request.GetPageToken())
	response := &eventsv1.ListEventsResponse{}
	if next < len(s.events) {
		response.Events = s.events[len(s.events)-1-next : len(s.events)-next]
	}
	if next+1 < len(s.events) {
		response.NextPageToken = request.GetPageToken() + "x"
	}
	return response, nil
}

func (s *services) GetExposure(_ context.Context, request *eventsv1.GetExposureRequest) (*eventsv1.GetExposureResponse, error) {
	seen := &eventsv1.Sighting{
		FirstSeenAt: timestamppb.New(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)), LastSeenAt: timestamppb.New(time.Date(2025, 5, 6, 7, 8, 9, 0, time.UTC)), EventCount: 3,
	}
	return &eventsv1.GetExposureResponse{
		Purl: request.GetPurl(), Sighting: seen, DeveloperCount: 1,
		Developers: []*eventsv1.DeveloperExposure{{DeveloperId: adaID, Sighting: seen}},
	}, nil
}

// StreamExposure sends what GetExposure answers in two parts, and after that events.
func (s *services) StreamExposure(request *eventsv1.StreamExposureRequest, stream grpc.ServerStreamingServer[eventsv1.StreamExposureResponse]) error {
	whole, err := s.GetExposure(stream.Context(), &eventsv1.GetExposureRequest{Purl: request.GetPurl()})
	if err != nil {
		return err
	}
	parts := []*eventsv1.StreamExposureResponse{
		{Purl: whole.GetPurl(), Sighting: whole.GetSighting(), Machines: []*eventsv1.MachineExposure{{Machine: "laptop", Sighting: whole.GetSighting()}}},
		{Developers: whole.GetDevelopers()},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if request.GetIncludeEvidence() {
		parts = append(parts, &eventsv1.StreamExposureResponse{Evidence: s.events})
	}
	for _, part := range parts {
		if err := stream.Send(part); err != nil {
			return err
		}
	}
	return nil
}

func (s *services) QueryTrends(_ context.Context, request *eventsv1.QueryTrendsRequest) (*eventsv1.QueryTrendsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trends = append(s.trends, request)
	return &eventsv1.QueryTrendsResponse{
		Buckets: []*timestamppb.Timestamp{request.GetRange().GetStart()}, Rows: []*eventsv1.TrendRow{{Values: []float64{2}, Total: 2}},
	}, nil
}

func (s *services) BatchGetDevelopers(ctx context.Context, request *identityv1.BatchGetDevelopersRequest) (*identityv1.BatchGetDevelopersResponse, error) {
	if s.away != nil {
		if err := s.away(ctx); err != nil {
			return nil, err
		}
	}
	response := &identityv1.BatchGetDevelopersResponse{}
	for _, id := range request.GetDeveloperIds() {
		match := &identityv1.DeveloperMatch{DeveloperId: id}
		if id == adaID {
			match.Developer = &identityv1.Developer{Id: id, DisplayName: "Ada Lovelace"}
		}
		response.Matches = append(response.Matches, match)
	}
	return response, nil
}

func (s *services) ResolveIdentities(_ context.Context, request *identityv1.ResolveIdentitiesRequest) (*identityv1.ResolveIdentitiesResponse, error) {
	response := &identityv1.ResolveIdentitiesResponse{}
	for _, hint := range request.GetHints() {
		resolved := &identityv1.ResolvedIdentity{Identity: hint.GetIdentity()}
		if hint.GetIdentity().GetValue() == "ada@example.org" {
			resolved.DeveloperId = adaID
		}
		response.Identities = append(response.Identities, resolved)
	}
	return response, nil
}
