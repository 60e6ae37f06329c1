package importer

import (
	"context"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Send sends events as an import does, without a history.
func Send(ctx context.Context, i *Importer, events []*eventsv1.Event) error {
	var summary Summary
	return newSender(i.events, Options{}, i.now, &summary).deliver(ctx, events)
}
