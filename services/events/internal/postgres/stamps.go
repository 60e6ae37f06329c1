package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// owner is an identity of an organization.
type owner struct {
	organization uuid.UUID
	identity     events.Identity
}

// stamps are the developers whom identities were reassigned to.
type stamps map[owner]uuid.UUID

// incomingStamps returns those of the identities of incoming events that have packages, whose rows are made here.
func incomingStamps(ctx context.Context, tx pgx.Tx) (stamps, error) {
	text, err := work("incoming_stamps", shape{})
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	all := make(stamps)
	var o owner
	var kind int16
	var developer uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&o.organization, &kind, &o.identity.Value, &developer}, func() error {
		o.identity.Kind = events.IdentityKind(kind)
		all[o] = developer
		return nil
	})
	return all, err
}

// put stamps an event.
func (s stamps) put(organization uuid.UUID, e *events.Event) {
	if developer, there := s[owner{organization, e.Actor}]; there {
		e.DeveloperID = developer
	}
}
