package identity

import (
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
)

// ErrDeveloperNotFound says that the organization has no developer of that id. Another organization's developer is not found either.
var ErrDeveloperNotFound = fault.New(fault.NotFound, "DEVELOPER_NOT_FOUND", "developer not found")

// ErrCreateMissingDenied says that the caller may look identities up but not make developers of them.
var ErrCreateMissingDenied = fault.New(fault.Denied, "CREATE_MISSING_DENIED", "create_missing needs the role admin or service")

// ErrTextInvalid says that a text has characters which are for machines.
var ErrTextInvalid = fault.New(fault.Invalid, "TEXT_INVALID", "text has control characters")

// Developer is one person (or bot) of an organization.
type Developer struct {
	ID          uuid.UUID
	DisplayName string
	// CreatedAt is when the developer was first known; of merged developers the older counts.
	CreatedAt time.Time
	// Identities are ordered by kind and value. Lists of developers leave them out.
	Identities []LinkedIdentity
}

// LinkedIdentity is an identity with the reason why it is the developer's.
type LinkedIdentity struct {
	Identity Identity
	Evidence Evidence
	LinkedAt time.Time
}

// NewDeveloper returns a developer without identities. A display name with control characters is ErrTextInvalid.
func NewDeveloper(displayName string, now time.Time) (Developer, error) {
	name, err := checkName(displayName)
	if err != nil {
		return Developer{}, err
	}
	return Developer{ID: NewID(), DisplayName: name, CreatedAt: Instant(now)}, nil
}

// MayCreateMissing returns nil when a caller of the role may make developers by resolving identities, or else ErrCreateMissingDenied.
func MayCreateMissing(role auth.Role) error {
	if role == RoleService || auth.Includes(role, RoleAdmin) {
		return nil
	}
	return ErrCreateMissingDenied.Field("create_missing")
}

// NewID returns a new UUID whose order is that of its making.
func NewID() uuid.UUID {
	return uuid.Must(uuid.NewV7())
}

// Instant returns the time in UTC to the microsecond, as the database keeps it.
func Instant(t time.Time) time.Time {
	return t.UTC().Truncate(time.Microsecond)
}

// CleanName returns a name that a source shows, without surrounding blanks and control characters. Sources cannot be asked to mend theirs.
func CleanName(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, name))
}

// checkName returns a name that a person typed, without surrounding blanks.
func checkName(name string) (string, error) {
	trimmed := strings.TrimSpace(name)
	if trimmed == "" {
		return "", ErrTextInvalid.With("display name %q is blank", name).Field("display_name")
	}
	if strings.ContainsFunc(trimmed, unicode.IsControl) {
		return "", ErrTextInvalid.With("display name %q has control characters", name).Field("display_name")
	}
	return trimmed, nil
}
