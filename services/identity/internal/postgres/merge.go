package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Merge makes two developers one and returns the survivor with all identities. It is one transaction: the source's links end and the target's
// begin, everybody who redirected to the source redirects to the target, the inverse is recorded, and every identity that moved is a change.
// Merging what is one already changes nothing. An unknown id is identity.ErrDeveloperNotFound; see identity.Plan for what else is refused.
func (d *Developers) Merge(ctx context.Context, organizationID uuid.UUID, merge identity.Merge, now time.Time) (survivor identity.Developer, err error) {
	err = d.alone(ctx, organizationID, func(tx pgx.Tx) error {
		heads, err := d.heads(ctx, tx, organizationID, merge.TargetID, merge.SourceID)
		if err != nil {
			return err
		}
		target, ok := heads[merge.TargetID]
		if !ok {
			return developerNotFound(merge.TargetID, "target_id")
		}
		source, ok := heads[merge.SourceID]
		if !ok {
			return developerNotFound(merge.SourceID, "source_id")
		}
		targetID, sourceID, needed, err := identity.Plan(target, source)
		if err != nil {
			return err
		}
		if needed {
			moved := merge // a transaction that is run again asks for what was asked for
			moved.TargetID, moved.SourceID = targetID, sourceID
			if err := d.move(ctx, tx, organizationID, moved, identity.Instant(now)); err != nil {
				return err
			}
		}
		survivor, err = d.get(ctx, tx, organizationID, targetID)
		return err
	})
	return survivor, translate(err)
}

// move does what a merge of two survivors does.
func (d *Developers) move(ctx context.Context, tx pgx.Tx, organizationID uuid.UUID, merge identity.Merge, now time.Time) error {
	heads, err := d.heads(ctx, tx, organizationID, merge.TargetID, merge.SourceID)
	if err != nil {
		return err
	}
	target, source := heads[merge.TargetID], heads[merge.SourceID]
	mergeID := identity.NewID()
	err = d.queries.InsertMerge(ctx, tx, sqlcgen.InsertMergeParams{
		OrganizationID:  organizationID,
		ID:              mergeID,
		TargetID:        target.ID,
		SourceID:        source.ID,
		Reason:          merge.Reason,
		Actor:           merge.Actor,
		MergedAt:        now,
		TargetCreatedAt: target.CreatedAt,
	})
	if err != nil {
		return err
	}
	redirects := sqlcgen.InsertMergeRedirectsParams{OrganizationID: organizationID, MergeID: mergeID, SourceID: source.ID}
	if err := d.queries.InsertMergeRedirects(ctx, tx, redirects); err != nil {
		return err
	}
	redirect := sqlcgen.RedirectDevelopersParams{OrganizationID: organizationID, TargetID: target.ID, SourceID: source.ID}
	if err := d.queries.RedirectDevelopers(ctx, tx, redirect); err != nil {
		return err
	}
	if source.CreatedAt.Before(target.CreatedAt) {
		older := sqlcgen.SetDeveloperCreatedAtParams{OrganizationID: organizationID, ID: target.ID, CreatedAt: source.CreatedAt}
		if err := d.queries.SetDeveloperCreatedAt(ctx, tx, older); err != nil {
			return err
		}
	}
	return d.moveLinks(ctx, tx, organizationID, mergeID, merge, now)
}

// moveLinks ends the source's links and opens the target's, with the evidence they had.
func (d *Developers) moveLinks(ctx context.Context, tx pgx.Tx, organizationID, mergeID uuid.UUID, merge identity.Merge, now time.Time) error {
	closed, err := d.queries.CloseDeveloperLinks(ctx, tx, sqlcgen.CloseDeveloperLinksParams{
		OrganizationID: organizationID,
		DeveloperID:    merge.SourceID,
		ValidTo:        now,
	})
	if err != nil || len(closed) == 0 {
		return err
	}
	links := sqlcgen.InsertIdentityLinksParams{OrganizationID: organizationID, Actor: merge.Actor, MergeID: &mergeID}
	inverse := sqlcgen.InsertMergeLinksParams{OrganizationID: organizationID, MergeID: mergeID}
	for _, link := range closed {
		id := identity.NewID()
		links.Ids = append(links.Ids, id)
		links.IdentityIds = append(links.IdentityIds, link.IdentityID)
		links.DeveloperIds = append(links.DeveloperIds, merge.TargetID)
		links.Evidences = append(links.Evidences, link.Evidence)
		links.Confidences = append(links.Confidences, link.Confidence)
		links.ValidFroms = append(links.ValidFroms, link.ValidTo)
		inverse.IdentityIds = append(inverse.IdentityIds, link.IdentityID)
		inverse.ClosedLinkIds = append(inverse.ClosedLinkIds, link.ID)
		inverse.OpenedLinkIds = append(inverse.OpenedLinkIds, id)
	}
	if err := d.queries.InsertIdentityLinks(ctx, tx, links); err != nil {
		return err
	}
	if err := d.queries.InsertMergeLinks(ctx, tx, inverse); err != nil {
		return err
	}
	return d.announce(ctx, tx, sqlcgen.InsertIdentityChangesParams{
		OrganizationID:      organizationID,
		IdentityIds:         links.IdentityIds,
		DeveloperIds:        links.DeveloperIds,
		PreviousDeveloperID: &merge.SourceID,
		ChangedAts:          links.ValidFroms,
	})
}

// orOrganizationNotFound reads no row of an organization as its absence.
func orOrganizationNotFound(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.ErrOrganizationNotFound
	}
	return err
}
