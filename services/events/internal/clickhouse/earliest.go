package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Earliest reads from the start of the table's order.
func (s *Store) Earliest(ctx context.Context, organization uuid.UUID) (first events.Position, ok bool, err error) {
	if err := s.enter(ctx); err != nil {
		return events.Position{}, false, err
	}
	err = s.ask(ctx, "earliest", nil, newStatement(organization, view{}), func(rows driver.Rows) error {
		ok = true
		return rows.Scan(&first.OccurredAt, &first.ID)
	})
	if err != nil {
		return events.Position{}, false, err
	}
	first.OccurredAt = first.OccurredAt.UTC()
	return first, ok, nil
}
