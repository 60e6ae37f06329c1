package clickhouse

import (
	"context"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// removeOvertaken takes out what landed behind a fold, as if it had been told in time that it is not the newest. What is folded says so, and stands in the events.
func (s *Store) removeOvertaken(ctx context.Context, limit int) error {
	for {
		f, err := s.readFolds(ctx, "overtaken", limit)
		if err != nil || len(f.keys) == 0 {
			return err
		}
		if err := s.remove(ctx, f, []removal{{}}); err != nil {
			return err
		}
	}
}

// dropOvertaken leaves out of what is pending what is not newer than what is folded of the same identity. It tells whether there was anything: then a statement
// that reads the overrides itself has to do so, too.
func (s *Store) dropOvertaken(ctx context.Context, organization uuid.UUID, newest map[events.Identity]pendingRow) (some bool, err error) {
	p := about(organization)
	p["identities"] = list(slices.Collect(maps.Keys(newest)), identityTuple)
	err = s.runWith(ctx, "folded_sequences", shape{}, p, lean, func(r driver.Rows) error {
		var kind uint8
		var identity events.Identity
		var sequence uint64
		err := r.Scan(&kind, &identity.Value, &sequence)
		identity.Kind = events.IdentityKind(kind)
		if row, pending := newest[identity]; pending && row.sequence <= sequence {
			delete(newest, identity)
			some = true
		}
		return err
	})
	return some, err
}
