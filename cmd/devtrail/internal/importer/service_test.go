package importer_test

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// service keeps the contract of CaptureEvents and of InventoryService in memory, for one project. The hook may change what becomes of a call or an event.
type service struct {
	eventsv1.IngestServiceClient // what an import does not call

	mu        sync.Mutex
	events    map[string]*eventsv1.Event
	manifests map[string]*packagesv1.ImportManifestRequest
	ends      []*packagesv1.EndManifestsRequest
	old       bool // it is of a release that has no EndManifests
	calls     int
	sent      int
	// away has no call reach the service
	away bool
	// before a call, by its number from 1; an error is the call's answer
	call func(n int) error
	// after a call; an error takes the place of its answer
	called func(n int) error
	// judge an event that is new; unspecified stores it
	judge func(event *eventsv1.Event) *eventsv1.CaptureResult
	// judge a manifest
	manifest func(request *packagesv1.ImportManifestRequest) error
}

func newService() *service {
	return &service{events: map[string]*eventsv1.Event{}, manifests: map[string]*packagesv1.ImportManifestRequest{}}
}

func (s *service) CaptureEvents(ctx context.Context, request *eventsv1.CaptureEventsRequest, options ...grpc.CallOption) (*eventsv1.CaptureEventsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, fault.New(fault.Unavailable, "", "connection refused")
	}
	for _, option := range options {
		if met, ok := option.(grpc.PeerCallOption); ok {
			met.PeerAddr.Addr = &net.TCPAddr{}
		}
	}
	s.calls++
	if s.call != nil {
		if err := s.call(s.calls); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.FromStatus(fault.ToStatus(err, "test").Err())
	}
	if n := len(request.GetEvents()); n < 1 || n > 5000 {
		return nil, fault.New(fault.Invalid, "VALIDATION_FAILED", "1 to 5000 events")
	}
	response := &eventsv1.CaptureEventsResponse{}
	for _, event := range request.GetEvents() {
		s.sent++
		response.Results = append(response.Results, s.capture(event))
	}
	if s.called != nil {
		if err := s.called(s.calls); err != nil {
			return nil, err
		}
	}
	return response, nil
}

func (s *service) capture(event *eventsv1.Event) *eventsv1.CaptureResult {
	result := &eventsv1.CaptureResult{EventId: event.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE}
	if _, known := s.events[event.GetId()]; known {
		return result
	}
	if s.judge != nil {
		if judged := s.judge(event); judged != nil {
			return judged
		}
	}
	s.events[event.GetId()] = proto.CloneOf(event)
	result.Status = eventsv1.CaptureStatus_CAPTURE_STATUS_STORED
	return result
}

func (s *service) ImportManifest(_ context.Context, request *packagesv1.ImportManifestRequest, _ ...grpc.CallOption) (*packagesv1.ImportManifestResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.manifest != nil {
		if err := s.manifest(request); err != nil {
			return nil, err
		}
	}
	s.manifests[request.GetPath()] = request
	return &packagesv1.ImportManifestResponse{}, nil
}

func (s *service) EndManifests(_ context.Context, request *packagesv1.EndManifestsRequest, _ ...grpc.CallOption) (*packagesv1.EndManifestsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.old {
		return nil, fault.New(fault.Unimplemented, "", "unknown method EndManifests")
	}
	s.ends = append(s.ends, request)
	maps.DeleteFunc(s.manifests, func(path string, _ *packagesv1.ImportManifestRequest) bool {
		return !slices.Contains(request.GetPresentPaths(), path)
	})
	return &packagesv1.EndManifestsResponse{}, nil
}

func (s *service) ids() []string { return slices.Sorted(maps.Keys(s.events)) }
