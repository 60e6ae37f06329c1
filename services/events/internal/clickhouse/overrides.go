package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Reassign adds rows; the one with the highest sequence counts, so repeating it changes nothing.
func (s *Store) Reassign(ctx context.Context, organization uuid.UUID, changes []events.Reassignment) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	noted, err := s.noted(ctx, organization, changes)
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO identity_overrides (organization_id, actor_kind, actor_value, developer_id, sequence)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for _, c := range changes {
		if c.Birth && !noted[c.Identity] {
			continue
		}
		noted[c.Identity] = true
		if err := batch.Append(organization, uint8(c.Identity.Kind), c.Identity.Value, c.DeveloperID, uint64(c.Sequence)); err != nil {
			return err
		}
	}
	if batch.Rows() == 0 {
		return batch.Abort()
	}
	return translate(ctx, batch.Send())
}

// noted returns which of the identities that are born are in the table.
func (s *Store) noted(ctx context.Context, organization uuid.UUID, changes []events.Reassignment) (map[events.Identity]bool, error) {
	noted := make(map[events.Identity]bool)
	var born []events.Identity
	for _, c := range changes {
		if c.Birth {
			born = append(born, c.Identity)
		}
	}
	if len(born) == 0 {
		return noted, nil
	}
	p := about(organization)
	p["identities"] = list(born, func(i events.Identity) string { return fmt.Sprintf("(%d,%s)", i.Kind, quoted(i.Value)) })
	err := s.query(ctx, "noted_identities", shape{}, p, func(rows driver.Rows) error {
		var kind uint8
		var value string
		err := rows.Scan(&kind, &value)
		noted[events.Identity{Kind: events.IdentityKind(kind), Value: value}] = true
		return err
	})
	return noted, err
}

// Sequence returns the highest number set.
func (s *Store) Sequence(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	var sequence uint64
	err := s.conn.QueryRow(noted(ctx, "sequence"), "SELECT max(sequence) FROM identity_positions").Scan(&sequence)
	return int64(sequence), translate(ctx, err)
}

// SetSequence adds a row; the highest counts.
func (s *Store) SetSequence(ctx context.Context, sequence int64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	return translate(ctx, s.conn.Exec(ctx, fmt.Sprintf("INSERT INTO identity_positions (singleton, sequence) VALUES (1, %d)", sequence)))
}
