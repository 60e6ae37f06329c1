package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// SetDeveloperProperties stores the list in one statement; of two for one developer the higher revision goes there, of equal ones the first.
func (s *Store) SetDeveloperProperties(ctx context.Context, organization uuid.UUID, list []insight.DeveloperProperties) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	newest := make(map[uuid.UUID]insight.DeveloperProperties, len(list))
	for _, p := range list {
		if known, there := newest[p.DeveloperID]; !there || p.Revision > known.Revision {
			newest[p.DeveloperID] = p
		}
	}
	var developers []uuid.UUID
	var revisions []int64
	var properties []string
	for id, p := range newest {
		developers, revisions, properties = append(developers, id), append(revisions, p.Revision), append(properties, p.Properties)
	}
	text, err := work("set_developer_properties", shape{})
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, text, pgx.NamedArgs{
		"organization": organization, "developers": developers, "revisions": revisions, "properties": properties,
	})
	return translate(ctx, err)
}

// Earliest reads the index of times from its end.
func (s *Store) Earliest(ctx context.Context, organization uuid.UUID) (first events.Position, ok bool, err error) {
	err = s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "earliest", shape{}, pgx.NamedArgs{"organization": organization}, func(rows pgx.Rows) error {
			ok = true
			err := rows.Scan(&first.OccurredAt, &first.ID)
			first.OccurredAt = first.OccurredAt.UTC()
			return err
		})
	})
	return first, ok, err
}
