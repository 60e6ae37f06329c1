package postgres

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

func organizationFromRow(id uuid.UUID, slug, displayName string, createdAt time.Time) identity.Organization {
	return identity.Organization{ID: id, Slug: slug, DisplayName: displayName, CreatedAt: createdAt.UTC()}
}

func headFromRow(row sqlcgen.GetDeveloperHeadsRow) identity.Head {
	return identity.Head{ID: row.ID, MergedInto: orNil(row.MergedInto), CreatedAt: row.CreatedAt.UTC()}
}

// developersFromRows returns developers by the ids that were asked for. Those who were merged into one share her.
func developersFromRows(rows []sqlcgen.GetDevelopersRow) map[uuid.UUID]identity.Developer {
	developers := make(map[uuid.UUID]identity.Developer)
	for _, row := range rows {
		developer := identity.Developer{ID: row.ID, DisplayName: row.DisplayName, CreatedAt: row.CreatedAt.UTC()}
		for i, kind := range row.Kinds {
			developer.Identities = append(developer.Identities, identity.LinkedIdentity{
				Identity: identity.Identity{Kind: identity.Kind(kind), Value: row.IdentityValues[i]},
				Evidence: identity.Evidence(row.Evidences[i]),
				LinkedAt: row.LinkedAt[i].UTC(),
			})
		}
		for _, id := range row.RequestedIDs {
			developers[id] = developer
		}
	}
	return developers
}

func changeFromRow(row sqlcgen.ListIdentityChangesRow) identity.Change {
	return identity.Change{
		Sequence:            row.Sequence,
		OrganizationID:      row.OrganizationID,
		Identity:            identity.Identity{Kind: identity.Kind(row.Kind), Value: row.Value},
		DeveloperID:         orNil(row.DeveloperID),
		PreviousDeveloperID: orNil(row.PreviousDeveloperID),
		ChangedAt:           row.ChangedAt.UTC(),
	}
}

func apiKeyFromRow(row sqlcgen.ListAPIKeysRow) identity.APIKey {
	return identity.APIKey{
		ID:          row.ID,
		DisplayName: row.DisplayName,
		Role:        auth.Role(row.Role),
		TokenStart:  row.TokenStart,
		CreatedAt:   row.CreatedAt.UTC(),
		ExpiresAt:   orZero(row.ExpiresAt),
		RevokedAt:   orZero(row.RevokedAt),
		LastUsedAt:  orZero(row.LastUsedAt),
	}
}

// orNil reads a nullable id.
func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// orNull writes an id that may be absent.
func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// orZero reads a nullable time.
func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
