package clickhouse

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// SetDeveloperProperties adds rows; the one with the highest revision counts, so repeating it changes nothing.
func (s *Store) SetDeveloperProperties(ctx context.Context, organization uuid.UUID, list []insight.DeveloperProperties) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO developer_properties (organization_id, developer_id, properties, revision)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for _, p := range list {
		if err := batch.Append(organization, p.DeveloperID, p.Properties, uint64(p.Revision)); err != nil {
			return err
		}
	}
	return translate(ctx, batch.Send())
}
