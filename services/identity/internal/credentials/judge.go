// Package credentials judges organization keys for this service's own door and, through Introspect, for the doors of the others.
// It stands beside the request's path, in front of internal/postgres.
package credentials

import (
	"context"
	"time"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
)

// Keys finds what a token stands for.
type Keys interface {
	// Find returns auth.ErrInvalid for a token that may not be used at the time.
	Find(ctx context.Context, token string, now time.Time) (identity.Credential, error)
}

// Judge tells whose key a token is. It asks the store each time, so a revoked key is refused at once.
type Judge struct {
	keys Keys
	uses *Uses
	now  func() time.Time
}

var (
	_ auth.Verifier = (*Judge)(nil)
	_ auth.Claimer  = (*Judge)(nil)
)

// NewJudge returns a judge that notes good keys as used.
func NewJudge(keys Keys, uses *Uses, now func() time.Time) *Judge {
	return &Judge{keys: keys, uses: uses, now: now}
}

// Find returns what a token stands for now, or auth.ErrInvalid.
func (j *Judge) Find(ctx context.Context, token string) (identity.Credential, error) {
	now := j.now()
	credential, err := j.keys.Find(ctx, token, now)
	if err != nil {
		return identity.Credential{}, err
	}
	j.uses.Note(credential, now)
	return credential, nil
}

// Verify implements auth.Verifier.
func (j *Judge) Verify(ctx context.Context, token string) (auth.Caller, error) {
	credential, err := j.Find(ctx, token)
	if err != nil {
		return auth.Caller{}, err
	}
	return auth.Caller{
		OrganizationID: credential.OrganizationID.String(),
		CredentialID:   credential.ID.String(),
		ExpiresAt:      credential.ExpiresAt,
		Role:           credential.Role,
	}, nil
}

// Claims implements auth.Claimer: organization keys, the ingest ones included, and whatever else no other verifier wants.
func (j *Judge) Claims(string) bool { return true }
