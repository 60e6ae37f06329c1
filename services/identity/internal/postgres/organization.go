package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Organizations keeps tenants.
type Organizations struct{ database }

// NewKey is a key to be stored with the hash of its token.
type NewKey struct {
	Key   identity.APIKey
	Token string
	// Actor is who made it, as in identity.Link.
	Actor string
}

// Create adds an organization with its first keys, in one transaction. With a request id (not uuid.Nil) that was used before it returns that
// request's organization and created = false, and stores nothing. A slug of another request is identity.ErrSlugTaken.
func (o *Organizations) Create(ctx context.Context, organization identity.Organization, requestID uuid.UUID, keys ...NewKey) (stored identity.Organization, created bool, err error) {
	err = o.write(ctx, func(tx pgx.Tx) error {
		stored, created, err = o.create(ctx, tx, organization, requestID, keys)
		return err
	})
	return stored, created, translate(err)
}

// CreateFirst adds an organization with its keys when the installation has none, and says whether it did.
// Of two that start together one does.
func (o *Organizations) CreateFirst(ctx context.Context, organization identity.Organization, keys ...NewKey) (created bool, err error) {
	err = o.write(ctx, func(tx pgx.Tx) error {
		created = false
		// Looked at first so that the usual start takes no lock.
		if taken, err := o.queries.AnyOrganization(ctx, tx); err != nil || taken {
			return err
		}
		if err := o.queries.LockOrganizations(ctx, tx); err != nil {
			return err
		}
		if taken, err := o.queries.AnyOrganization(ctx, tx); err != nil || taken {
			return err
		}
		_, created, err = o.create(ctx, tx, organization, uuid.Nil, keys)
		return err
	})
	return created, translate(err)
}

func (o *Organizations) create(ctx context.Context, tx pgx.Tx, organization identity.Organization, requestID uuid.UUID, keys []NewKey) (identity.Organization, bool, error) {
	added, err := o.queries.InsertOrganization(ctx, tx, sqlcgen.InsertOrganizationParams{
		ID:          organization.ID,
		Slug:        organization.Slug,
		DisplayName: organization.DisplayName,
		RequestID:   orNull(requestID),
		CreatedAt:   organization.CreatedAt,
	})
	if err != nil {
		return identity.Organization{}, false, err
	}
	if added == 0 {
		return o.byRequest(ctx, tx, organization.Slug, requestID)
	}
	for _, key := range keys {
		if err := insertKey(ctx, tx, o.queries, organization.ID, key); err != nil {
			return identity.Organization{}, false, err
		}
	}
	return organization, true, nil
}

// byRequest finds what an earlier call with the request id made; when none did, the slug was the one in the way.
func (o *Organizations) byRequest(ctx context.Context, tx pgx.Tx, slug string, requestID uuid.UUID) (identity.Organization, bool, error) {
	row, err := o.queries.GetOrganizationByRequest(ctx, tx, requestID)
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.Organization{}, false, identity.ErrSlugTaken.With("another organization has the slug %q", slug).Field("slug")
	}
	if err != nil {
		return identity.Organization{}, false, err
	}
	return organizationFromRow(row.ID, row.Slug, row.DisplayName, row.CreatedAt), false, nil
}

// Get returns one organization, or identity.ErrOrganizationNotFound.
func (o *Organizations) Get(ctx context.Context, id uuid.UUID) (identity.Organization, error) {
	row, err := o.queries.GetOrganization(ctx, o.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.Organization{}, identity.ErrOrganizationNotFound.With("organization %q not found", id).Field("organization_id")
	}
	if err != nil {
		return identity.Organization{}, translate(err)
	}
	return organizationFromRow(row.ID, row.Slug, row.DisplayName, row.CreatedAt), nil
}

// List returns at most limit organizations whose slugs come after the given one, ordered by the bytes of the slug.
func (o *Organizations) List(ctx context.Context, afterSlug string, limit int) ([]identity.Organization, error) {
	rows, err := o.queries.ListOrganizations(ctx, o.pool, afterSlug, int32(limit))
	if err != nil {
		return nil, translate(err)
	}
	organizations := make([]identity.Organization, len(rows))
	for i, row := range rows {
		organizations[i] = organizationFromRow(row.ID, row.Slug, row.DisplayName, row.CreatedAt)
	}
	return organizations, nil
}

func insertKey(ctx context.Context, db sqlcgen.DBTX, queries *sqlcgen.Queries, organizationID uuid.UUID, key NewKey) error {
	hash := auth.HashToken(key.Token)
	params := sqlcgen.InsertAPIKeyParams{
		OrganizationID: organizationID,
		ID:             key.Key.ID,
		DisplayName:    key.Key.DisplayName,
		Role:           int16(key.Key.Role),
		TokenHash:      hash[:],
		TokenStart:     key.Key.TokenStart,
		Actor:          key.Actor,
		CreatedAt:      key.Key.CreatedAt,
	}
	if !key.Key.ExpiresAt.IsZero() {
		params.ExpiresAt = &key.Key.ExpiresAt
	}
	return queries.InsertAPIKey(ctx, db, params)
}
