package ingest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// appender takes blocks for a store that takes batches: those know every id, whatever the log says.
type appender struct{ events.Store }

// batchEvents is the most that one batch has.
const batchEvents = 50_000

// StoreBlock appends the events of each organization.
func (a appender) StoreBlock(ctx context.Context, b *queue.Block) (known []int, err error) {
	batches := make(map[uuid.UUID][]events.Event)
	places := make(map[uuid.UUID][]int)
	flush := func(organization uuid.UUID) error {
		outcomes, err := a.Append(ctx, organization, batches[organization])
		for i, o := range outcomes {
			if o == events.Duplicate && !b.Again { // after an attempt that failed nobody knows whether what is there is that attempt's
				known = append(known, places[organization][i])
			}
		}
		delete(batches, organization)
		delete(places, organization)
		return err
	}
	for n, row := range b.Rows() {
		organization := row.Organization
		batches[organization], places[organization] = append(batches[organization], row.Event()), append(places[organization], n)
		if len(batches[organization]) == batchEvents {
			if err := flush(organization); err != nil {
				return nil, err
			}
		}
	}
	for organization := range batches {
		if err := flush(organization); err != nil {
			return nil, err
		}
	}
	slices.Sort(known)
	return known, nil
}

// Latest is of no interest: everything is looked up.
func (appender) Latest(context.Context, uint64) (time.Time, error) { return time.Time{}, nil }
