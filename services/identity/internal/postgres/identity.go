package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Identities keeps identities and their links.
type Identities struct{ database }

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

// Resolve returns the developers of those mentions that have one, by identity: two statements when all are known or nothing is to be created.
// With createMissing, mentions that were never seen and are enough to know a developer by get a developer each; of two callers
// who do this together one creates and both answer the same.
func (i *Identities) Resolve(ctx context.Context, organizationID uuid.UUID, mentions []identity.Mention, createMissing bool, now time.Time) (map[identity.Identity]uuid.UUID, error) {
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
	if !createMissing {
		return found, nil
	}
	var missing []identity.Mention
	for key, mention := range wanted {
		if _, known := found[key]; !known && mention.CreatesDeveloper() {
			missing = append(missing, mention)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	slices.SortFunc(missing, func(a, b identity.Mention) int { return a.Identity.Compare(b.Identity) })
	others, err := i.create(ctx, organizationID, missing, identity.Instant(now), found)
	if err != nil {
		return nil, translate(err)
	}
	return found, translate(i.find(ctx, organizationID, others, found))
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
	err = pg.InTx(ctx, i.pool, func(tx pgx.Tx) error {
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
