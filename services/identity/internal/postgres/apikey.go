package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// APIKeys keeps keys. A token is stored as its SHA-256 only: with 178 random bits nothing slower is needed.
type APIKeys struct{ database }

// KeyCursor is the place of a key in the order of List.
type KeyCursor struct {
	CreatedAt time.Time `json:"created_at"`
	ID        uuid.UUID `json:"id"`
}

// Create adds a key, or returns identity.ErrOrganizationNotFound.
func (k *APIKeys) Create(ctx context.Context, organizationID uuid.UUID, key NewKey) error {
	return translate(k.write(ctx, func(tx pgx.Tx) error {
		return insertKey(ctx, tx, k.queries, organizationID, key)
	}))
}

// List returns at most limit keys, newest first, that come after the cursor; the zero cursor stands for the beginning.
func (k *APIKeys) List(ctx context.Context, organizationID uuid.UUID, after KeyCursor, limit int) ([]identity.APIKey, error) {
	params := sqlcgen.ListAPIKeysParams{OrganizationID: organizationID, RowLimit: int32(limit)}
	if after.ID != uuid.Nil {
		params.BeforeCreatedAt, params.BeforeID = &after.CreatedAt, &after.ID
	}
	rows, err := k.queries.ListAPIKeys(ctx, k.pool, params)
	if err != nil {
		return nil, translate(err)
	}
	keys := make([]identity.APIKey, len(rows))
	for i, row := range rows {
		keys[i] = apiKeyFromRow(row)
	}
	return keys, nil
}

// Revoke ends a key and returns it; a key that was revoked before keeps that time. An unknown id is identity.ErrAPIKeyNotFound.
func (k *APIKeys) Revoke(ctx context.Context, organizationID, id uuid.UUID, at time.Time) (identity.APIKey, error) {
	var row sqlcgen.RevokeAPIKeyRow
	err := k.write(ctx, func(tx pgx.Tx) (err error) {
		row, err = k.queries.RevokeAPIKey(ctx, tx, sqlcgen.RevokeAPIKeyParams{OrganizationID: organizationID, ID: id, RevokedAt: at})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.APIKey{}, identity.ErrAPIKeyNotFound.With("API key %q not found", id).Field("api_key_id")
	}
	if err != nil {
		return identity.APIKey{}, translate(err)
	}
	return apiKeyFromRow(sqlcgen.ListAPIKeysRow(row)), nil
}

// Find returns what a token stands for at the time. Unknown, expired and revoked tokens, and those whose checksum is wrong, are auth.ErrInvalid alike.
// It is one query, and none for a token that was never one of ours.
func (k *APIKeys) Find(ctx context.Context, token string, now time.Time) (identity.Credential, error) {
	if prefix, ok := auth.CheckToken(token); !ok || (prefix != auth.PrefixKey && prefix != auth.PrefixIngest) {
		return identity.Credential{}, auth.ErrInvalid
	}
	hash := auth.HashToken(token)
	row, err := k.queries.GetAPIKeyByHash(ctx, k.pool, hash[:])
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.Credential{}, auth.ErrInvalid
	}
	if err != nil {
		return identity.Credential{}, translate(err)
	}
	key := identity.APIKey{ExpiresAt: orZero(row.ExpiresAt), RevokedAt: orZero(row.RevokedAt)}
	if !key.Active(now) {
		return identity.Credential{}, auth.ErrInvalid
	}
	return identity.Credential{ID: row.ID, OrganizationID: row.OrganizationID, Role: auth.Role(row.Role), ExpiresAt: key.ExpiresAt}, nil
}

// Use says when a key was presented.
type Use struct {
	OrganizationID uuid.UUID
	ID             uuid.UUID
	At             time.Time
}

// Touch records when keys were last used, in one statement. Times that are not later than what is stored change nothing.
func (k *APIKeys) Touch(ctx context.Context, uses []Use) error {
	var params sqlcgen.TouchAPIKeysParams
	for _, use := range uses {
		params.OrganizationIds = append(params.OrganizationIds, use.OrganizationID)
		params.Ids = append(params.Ids, use.ID)
		params.Ats = append(params.Ats, use.At)
	}
	return translate(k.write(ctx, func(tx pgx.Tx) error {
		return k.queries.TouchAPIKeys(ctx, tx, params)
	}))
}
