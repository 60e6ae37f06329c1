package main

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

// counter answers as the events and packages services do, but only remembers the ids of events.
type counter struct {
	eventsv1.UnimplementedIngestServiceServer
	packagesv1.UnimplementedInventoryServiceServer
	address string
	stored  atomic.Int64
	stop    func()

	mu  sync.Mutex
	ids map[string]struct{}
}

func startCounter() (*counter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &counter{address: listener.Addr().String(), ids: map[string]struct{}{}}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	eventsv1.RegisterIngestServiceServer(server, c)
	packagesv1.RegisterInventoryServiceServer(server, c)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	c.stop = func() {
		server.Stop()
		serving.Wait()
	}
	return c, nil
}

// CaptureEvents remembers ids.
func (c *counter) CaptureEvents(_ context.Context, request *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	response := &eventsv1.CaptureEventsResponse{}
	for _, event := range request.GetEvents() {
		status := eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE
		if _, known := c.ids[event.GetId()]; !known {
			c.ids[event.GetId()] = struct{}{}
			c.stored.Add(1)
			status = eventsv1.CaptureStatus_CAPTURE_STATUS_STORED
		}
		response.Results = append(response.Results, &eventsv1.CaptureResult{EventId: event.GetId(), Status: status})
	}
	return response, nil
}

// ImportManifest takes everything.
func (c *counter) ImportManifest(context.Context, *packagesv1.ImportManifestRequest) (*packagesv1.ImportManifestResponse, error) {
	return &packagesv1.ImportManifestResponse{}, nil
}

// EndManifests takes everything.
func (c *counter) EndManifests(context.Context, *packagesv1.EndManifestsRequest) (*packagesv1.EndManifestsResponse, error) {
	return &packagesv1.EndManifestsResponse{}, nil
}
