package rpc

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

// messageBytes is about how large a message of a stream gets; one with a single event may be larger. What clients take by default is 4 MiB.
const messageBytes = 1 << 20

// StreamExposure sends the whole of an exposure, as fast as the client takes it.
func (s *eventServer) StreamExposure(req *eventsv1.StreamExposureRequest, stream grpc.ServerStreamingServer[eventsv1.StreamExposureResponse]) error {
	ctx := stream.Context()
	org, err := auth.Organization(ctx)
	if err != nil {
		return err
	}
	span, err := rangeFromProto(req.GetRange())
	if err != nil {
		return err
	}
	question := events.ExposureRequest{Purl: req.GetPurl(), Versions: req.GetVersions(), VersionRange: req.GetVersionRange(), Range: span}
	return events.ExposeParts(ctx, s.store, org, question, req.GetIncludeEvidence(), func(answer events.ExposureAnswer) error {
		return sendPart(stream, exposurePartToProto(answer))
	})
}

// sendPart sends a part; its events, which may be large, in as many messages as they need.
func sendPart(stream grpc.ServerStreamingServer[eventsv1.StreamExposureResponse], part *eventsv1.StreamExposureResponse) error {
	evidence, bytes := part.GetEvidence(), 0
	part.Evidence = nil
	for i, event := range evidence {
		size := proto.Size(event)
		if i > 0 && bytes+size > messageBytes {
			if err := stream.Send(part); err != nil {
				return err
			}
			part, bytes = &eventsv1.StreamExposureResponse{}, 0
		}
		part.Evidence, bytes = append(part.Evidence, event), bytes+size
	}
	return stream.Send(part)
}
