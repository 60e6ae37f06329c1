package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Link gives an identity to a developer and returns the developer with all identities. What is linked already stays as it is.
// An unknown developer is identity.ErrDeveloperNotFound, an identity of somebody else identity.ErrIdentityLinked unless the link replaces.
func (i *Identities) Link(ctx context.Context, organizationID uuid.UUID, link identity.Link, now time.Time) (developer identity.Developer, err error) {
	now = identity.Instant(now)
	err = i.alone(ctx, organizationID, func(tx pgx.Tx) error {
		heads, err := i.heads(ctx, tx, organizationID, link.DeveloperID)
		if err != nil {
			return err
		}
		head, ok := heads[link.DeveloperID]
		if !ok {
			return developerNotFound(link.DeveloperID, "developer_id")
		}
		if err := i.relink(ctx, tx, organizationID, head.Survivor(), link, now); err != nil {
			return err
		}
		developers := Developers{i.database}
		developer, err = developers.get(ctx, tx, organizationID, head.ID)
		return err
	})
	return developer, translate(err)
}

// relink ends the link that holds, if it is another developer's, and opens the new one.
func (i *Identities) relink(ctx context.Context, tx pgx.Tx, organizationID, developerID uuid.UUID, link identity.Link, now time.Time) error {
	if _, err := i.insert(ctx, tx, organizationID, []identity.Mention{link.Mention}, now); err != nil {
		return err
	}
	row, err := i.queries.GetIdentityLink(ctx, tx, sqlcgen.GetIdentityLinkParams{
		OrganizationID: organizationID,
		Kind:           int16(link.Mention.Identity.Kind),
		Value:          link.Mention.Identity.Value,
	})
	if err != nil {
		return err
	}
	changes, err := link.Decide(orNil(row.DeveloperID), developerID)
	if err != nil || !changes {
		return err
	}
	from := now
	if row.LinkID != nil {
		from, err = i.queries.CloseIdentityLink(ctx, tx, sqlcgen.CloseIdentityLinkParams{OrganizationID: organizationID, ID: *row.LinkID, ValidTo: now})
		if err != nil {
			return err
		}
	}
	err = i.queries.InsertIdentityLinks(ctx, tx, sqlcgen.InsertIdentityLinksParams{
		OrganizationID: organizationID,
		Ids:            []uuid.UUID{identity.NewID()},
		IdentityIds:    []uuid.UUID{row.ID},
		DeveloperIds:   []uuid.UUID{developerID},
		Evidences:      []int16{int16(link.Evidence)},
		Confidences:    []int16{link.Evidence.Confidence()},
		Actor:          link.Actor,
		ValidFroms:     []time.Time{from},
	})
	if err != nil {
		return err
	}
	return i.announce(ctx, tx, sqlcgen.InsertIdentityChangesParams{
		OrganizationID:      organizationID,
		IdentityIds:         []uuid.UUID{row.ID},
		DeveloperIds:        []uuid.UUID{developerID},
		PreviousDeveloperID: row.DeveloperID,
		ChangedAts:          []time.Time{from},
	})
}

// insert adds identities that are not there, in the order given, and returns the ids of those it added; uuid.Nil for the others.
func (i *Identities) insert(ctx context.Context, tx pgx.Tx, organizationID uuid.UUID, mentions []identity.Mention, now time.Time) ([]uuid.UUID, error) {
	params := sqlcgen.InsertIdentitiesParams{OrganizationID: organizationID, FirstSeenAt: now}
	for _, mention := range mentions {
		params.Ids = append(params.Ids, identity.NewID())
		params.Kinds = append(params.Kinds, int16(mention.Identity.Kind))
		params.Values = append(params.Values, mention.Identity.Value)
		params.RawValues = append(params.RawValues, mention.Raw)
	}
	added, err := i.queries.InsertIdentities(ctx, tx, params)
	if err != nil {
		return nil, err
	}
	kept := make(map[uuid.UUID]bool, len(added))
	for _, id := range added {
		kept[id] = true
	}
	for position, id := range params.Ids {
		if !kept[id] {
			params.Ids[position] = uuid.Nil
		}
	}
	return params.Ids, nil
}
