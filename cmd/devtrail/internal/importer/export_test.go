package importer

import (
	"context"
	"iter"

	"devtrail.dev/cmd/devtrail/internal/history"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Send sends events as an import does, without a history.
func Send(ctx context.Context, i *Importer, events []*eventsv1.Event) error {
	var summary Summary
	return newSender(i.events, Options{}, i.now, &summary).deliver(ctx, events)
}

// SendEach sends each event as a batch of its own, several at once as an import does.
func SendEach(ctx context.Context, i *Importer, events iter.Seq[*eventsv1.Event]) error {
	var summary Summary
	sender := newSender(i.events, Options{Batch: 1}, i.now, &summary)
	sender.start(ctx, func(int, string) {})
	for event := range events {
		if sender.add(history.Commit{Events: []*eventsv1.Event{event}}) != nil {
			break // finish says why
		}
	}
	return sender.finish()
}
