package rpc

import (
	"iter"

	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/page"
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
	for some := range pieces(part.GetEvidence()) {
		part.Evidence = some
		if err := stream.Send(part); err != nil {
			return err
		}
		part = &eventsv1.StreamExposureResponse{}
	}
	return nil
}

// pieces cuts events into lists of messageBytes, of one event at least. No events are one empty list.
func pieces(list []*eventsv1.Event) iter.Seq[[]*eventsv1.Event] {
	return func(yield func([]*eventsv1.Event) bool) {
		for all := false; !all; {
			var some []*eventsv1.Event
			some, all = page.Fit(list, messageBytes)
			if !yield(some) {
				return
			}
			list = list[len(some):]
		}
	}
}
