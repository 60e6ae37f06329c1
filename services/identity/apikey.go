package identity

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

// ErrAPIKeyNotFound says that the organization has no key of that id.
var ErrAPIKeyNotFound = fault.New(fault.NotFound, "API_KEY_NOT_FOUND", "API key not found")

// ErrRoleExceedsMaker says that a key would be allowed more than its maker.
var ErrRoleExceedsMaker = fault.New(fault.Denied, "ROLE_EXCEEDS_MAKER", "a key cannot be allowed more than its maker")

// ErrLifetimeExceedsMaker says that a key would be there longer than its maker.
var ErrLifetimeExceedsMaker = fault.New(fault.Denied, "LIFETIME_EXCEEDS_MAKER", "a key cannot outlive its maker")

// The roles of callers, by the names of the contract.
const (
	RoleIngest   = accessv1.Role_ROLE_INGEST
	RoleAnalyst  = accessv1.Role_ROLE_ANALYST
	RoleAdmin    = accessv1.Role_ROLE_ADMIN
	RoleOwner    = accessv1.Role_ROLE_OWNER
	RoleService  = accessv1.Role_ROLE_SERVICE
	RoleOperator = accessv1.Role_ROLE_OPERATOR
)

// tokenStartLength keeps enough of a token to tell keys apart (the prefix and four characters, of thirty) and too little to guess it.
const tokenStartLength = 8

// APIKey is a key without its token. Zero times are absent.
type APIKey struct {
	ID          uuid.UUID
	DisplayName string
	Role        auth.Role
	TokenStart  string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	RevokedAt   time.Time
	// LastUsedAt is exact to the minute.
	LastUsedAt time.Time
}

// NewAPIKey returns a key with its token, which is told this once. With a lifetime of 0 it ends with its maker's credential, or never where that has no end.
// A role above the maker's is ErrRoleExceedsMaker, a lifetime beyond the maker's end ErrLifetimeExceedsMaker; a display name with control characters is
// ErrTextInvalid.
func NewAPIKey(displayName string, role auth.Role, lifetime time.Duration, maker auth.Caller, now time.Time) (APIKey, string, error) {
	if !auth.Includes(maker.Role, role) {
		return APIKey{}, "", ErrRoleExceedsMaker.Field("role")
	}
	prefix := auth.PrefixKey
	if role == RoleIngest {
		prefix = auth.PrefixIngest
	}
	token := auth.NewToken(prefix)
	key, err := KeyOfToken(token, displayName, role, now)
	if err != nil {
		return APIKey{}, "", err
	}
	key.ExpiresAt = maker.ExpiresAt
	if lifetime > 0 {
		key.ExpiresAt = Instant(key.CreatedAt.Add(lifetime))
	}
	if end := maker.ExpiresAt; !end.IsZero() && key.ExpiresAt.After(end) {
		return APIKey{}, "", ErrLifetimeExceedsMaker.With("a key cannot outlive its maker, which ends at %s", end.Format(time.RFC3339)).Field("lifetime")
	}
	return key, token, nil
}

// KeyOfToken returns a key without end for a token that was made elsewhere, as the keys of a first start are.
func KeyOfToken(token, displayName string, role auth.Role, now time.Time) (APIKey, error) {
	name, err := checkName(displayName)
	if err != nil {
		return APIKey{}, err
	}
	return APIKey{
		ID:          NewID(),
		DisplayName: name,
		Role:        role,
		TokenStart:  token[:tokenStartLength],
		CreatedAt:   Instant(now),
	}, nil
}

// Active reports whether the key may be used at the time.
func (k APIKey) Active(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// Credential is what a good token stands for.
type Credential struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Role           auth.Role
	// ExpiresAt is zero when it has no end.
	ExpiresAt time.Time
}
