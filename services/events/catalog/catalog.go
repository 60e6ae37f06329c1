// Package catalog holds what an organization knows of its own events beside the events themselves: definitions learned from them, the actions, cohorts and
// insights that people saved, and the properties of developers with the rules by which they change. It stands between the desk (internal/rpc) and the
// stores, beside package insight, whose questions use what is saved here.
package catalog

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Store keeps the catalog. Its comments are the law that memory, Postgres and ClickHouse keep alike, besides the general law of [events.Store].
type Store interface {
	// Item must return the item of a kind with an id. The error is [ErrItemNotFound] when there is none or it is gone.
	Item(ctx context.Context, organization uuid.UUID, kind Kind, id uuid.UUID) (Item, error)
	// Items must return the items of a kind that are not gone, ordered by the bytes of name and id, those after a place, at most limit.
	Items(ctx context.Context, organization uuid.UUID, kind Kind, after Place, limit int) ([]Item, error)
	// Heads must return all items of the kinds that are not gone, without descriptions and bodies, ordered by kind and the bytes of name and id.
	Heads(ctx context.Context, organization uuid.UUID, kinds ...Kind) ([]Item, error)
	// PutItem must store the item in place of the one whose revision is one less; one of revision 1 in place of none. Otherwise, and when the present one
	// is gone, it must change nothing and return [ErrItemChanged]. Of writers that race with one revision exactly one may win. CreatedAt is that of revision 1.
	PutItem(ctx context.Context, organization uuid.UUID, item Item) error

	// Organizations must return the organizations that have events, each once. It is for work in the background, never for a caller.
	Organizations(ctx context.Context) ([]uuid.UUID, error)
	// EventDays must return how many events each UTC day has, days without events left out, ascending.
	EventDays(ctx context.Context, organization uuid.UUID) ([]DayCount, error)
	// Occurrences must hand each event of the range to yield once, in any order. An error of yield ends the call and is returned.
	Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(Occurrence) error) error
	// LearnedDays must return how many events each learned day had when it was learned, ascending; days learned to be empty are left out.
	LearnedDays(ctx context.Context, organization uuid.UUID) ([]DayCount, error)
	// Learn must put each day in place of what was learned of it before. A reader must see the old day or the new one, never a mix.
	Learn(ctx context.Context, organization uuid.UUID, days []LearnedDay) error
	// Learned must return the sum of all learned days: one row for each name, key and type, ordered by the bytes of name and key, then type.
	// The example is that of the row seen last.
	Learned(ctx context.Context, organization uuid.UUID) ([]Learned, error)

	// What of promoted properties is the store's own.
	PromotionStore
}
