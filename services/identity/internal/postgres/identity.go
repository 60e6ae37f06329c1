package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Identities keeps identities and their links.
type Identities struct{ database }

// Resolve returns the developer of each mention, in their order; uuid.Nil for one that is nobody's. It is one statement when all are known.
// With createMissing, mentions that were never seen and are enough to know a developer by get a developer each; of two callers
// who do this together one creates and both answer the same.
func (i *Identities) Resolve(ctx context.Context, organizationID uuid.UUID, mentions []identity.Mention, createMissing bool, now time.Time) ([]uuid.UUID, error) {
	wanted := make(map[identity.Identity]identity.Mention, len(mentions))
	for _, mention := range mentions {
		if mention.Linkable() != nil {
			continue
		}
		// Of several mentions of one identity the first with a name is the one to call it by.
		if first, seen := wanted[mention.Identity]; !seen || (first.DisplayName == "" && mention.DisplayName != "") {
			wanted[mention.Identity] = mention
		}
	}
	found := make(map[identity.Identity]uuid.UUID, len(wanted))
	if err := i.find(ctx, organizationID, slices.Collect(maps.Keys(wanted)), found); err != nil {
		return nil, translate(err)
	}
	if createMissing {
		if err := i.createMissing(ctx, organizationID, wanted, identity.Instant(now), found); err != nil {
			return nil, translate(err)
		}
	}
	developers := make([]uuid.UUID, len(mentions))
	for position, mention := range mentions {
		if mention.Linkable() == nil {
			developers[position] = found[mention.Identity]
		}
	}
	return developers, nil
}

// createMissing adds developers for those wanted that are not found and may have one.
func (i *Identities) createMissing(ctx context.Context, organizationID uuid.UUID, wanted map[identity.Identity]identity.Mention, now time.Time, found map[identity.Identity]uuid.UUID) error {
	var missing []identity.Mention
	for key, mention := range wanted {
		if _, known := found[key]; !known && mention.CreatesDeveloper() {
			missing = append(missing, mention)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.SortFunc(missing, func(a, b identity.Mention) int { return a.Identity.Compare(b.Identity) })
	others, err := i.create(ctx, organizationID, missing, now, found)
	if err != nil {
		return err
	}
	return i.find(ctx, organizationID, others, found)
}

// find adds the developers of those identities that have one.
func (i *Identities) find(ctx context.Context, organizationID uuid.UUID, wanted []identity.Identity, found map[identity.Identity]uuid.UUID) error {
	if len(wanted) == 0 {
		return nil
	}
	params := sqlcgen.ResolveIdentitiesParams{
		OrganizationID: organizationID,
		Kinds:          make([]int16, len(wanted)),
		Values:         make([]string, len(wanted)),
	}
	for position, key := range wanted {
		params.Kinds[position], params.Values[position] = int16(key.Kind), key.Value
	}
	rows, err := i.queries.ResolveIdentities(ctx, i.pool, params)
	if err != nil {
		return err
	}
	for _, row := range rows {
		found[wanted[row.Position-1]] = row.DeveloperID
	}
	return nil
}

// create makes a developer for each mention, in their order, and returns the identities that somebody else made first.
func (i *Identities) create(ctx context.Context, organizationID uuid.UUID, missing []identity.Mention, now time.Time, found map[identity.Identity]uuid.UUID) (others []identity.Identity, err error) {
	created := make(map[identity.Identity]uuid.UUID, len(missing))
	err = i.write(ctx, func(tx pgx.Tx) error {
		others = others[:0]
		clear(created)
		ids, err := i.insert(ctx, tx, organizationID, missing, now)
		if err != nil {
			return err
		}
		developers := sqlcgen.InsertDevelopersParams{OrganizationID: organizationID, CreatedAt: now}
		links := sqlcgen.InsertIdentityLinksParams{OrganizationID: organizationID, Actor: identity.ActorObserved}
		for position, mention := range missing {
			if ids[position] == uuid.Nil {
				others = append(others, mention.Identity)
				continue
			}
			developerID := identity.NewID()
			developers.Ids = append(developers.Ids, developerID)
			developers.DisplayNames = append(developers.DisplayNames, mention.Name())
			links.Ids = append(links.Ids, identity.NewID())
			links.IdentityIds = append(links.IdentityIds, ids[position])
			links.DeveloperIds = append(links.DeveloperIds, developerID)
			links.Evidences = append(links.Evidences, int16(identity.EvidenceObserved))
			links.Confidences = append(links.Confidences, identity.EvidenceObserved.Confidence())
			links.ValidFroms = append(links.ValidFroms, now)
			created[mention.Identity] = developerID
		}
		if len(created) == 0 {
			return nil
		}
		if err := i.queries.InsertDevelopers(ctx, tx, developers); err != nil {
			return err
		}
		if err := i.queries.InsertIdentityLinks(ctx, tx, links); err != nil {
			return err
		}
		return i.announce(ctx, tx, sqlcgen.InsertIdentityChangesParams{
			OrganizationID: organizationID,
			IdentityIds:    links.IdentityIds,
			DeveloperIds:   links.DeveloperIds,
			ChangedAts:     links.ValidFroms,
		})
	})
	if err == nil {
		maps.Copy(found, created)
	}
	return others, err
}
