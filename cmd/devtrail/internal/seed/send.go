package seed

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

const (
	batchEvents = 2000
	// inFlight is how many batches are under way at once. Each waits until it is stored, and the database is the faster the more it is given at a time.
	inFlight = 64
)

// Counts is what became of the events.
type Counts struct{ Stored, Duplicates, Rejected atomic.Int64 }

// Settled is how many events have an end.
func (c *Counts) Settled() int64 { return c.Stored.Load() + c.Duplicates.Load() + c.Rejected.Load() }

// Send sends events until each has an end, and counts them in counts, which may be read meanwhile. Waiting, unless nil, hears why the service stores nothing.
func Send(ctx context.Context, client eventsv1.IngestServiceClient, events iter.Seq[*eventsv1.Event], now func() time.Time, waiting func(reason error), counts *Counts) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	patience := deliver.NewPatience(0, now, waiting)
	var batch []*eventsv1.Event
	flush := func() {
		sending := batch
		batch = nil
		group.Go(func() error { return deliver.Events(ctx, client, sending, patience.Retry(), counts.note) })
	}
	for e := range events {
		if ctx.Err() != nil {
			break
		}
		if batch = append(batch, e); len(batch) == batchEvents {
			flush()
		}
	}
	if len(batch) > 0 {
		flush()
	}
	return group.Wait()
}

func (c *Counts) note(_ *eventsv1.Event, result *eventsv1.CaptureResult) {
	switch result.GetStatus() {
	case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED:
		c.Stored.Add(1)
	case eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE:
		c.Duplicates.Add(1)
	default:
		c.Rejected.Add(1)
	}
}
