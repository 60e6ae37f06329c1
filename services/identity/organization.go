package identity

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
)

// ErrOrganizationNotFound says that there is no such organization, or that it is not the caller's.
var ErrOrganizationNotFound = fault.New(fault.NotFound, "ORGANIZATION_NOT_FOUND", "organization not found")

// ErrSlugTaken says that another organization has the slug.
var ErrSlugTaken = fault.New(fault.Exists, "SLUG_TAKEN", "another organization has the slug")

// Organization is a tenant.
type Organization struct {
	ID uuid.UUID
	// Slug is unique in the installation: lower-case letters, digits and dashes.
	Slug        string
	DisplayName string
	CreatedAt   time.Time
}

// NewOrganization returns a tenant; an empty display name becomes the slug. A display name with control characters is ErrTextInvalid.
func NewOrganization(slug, displayName string, now time.Time) (Organization, error) {
	if displayName == "" {
		displayName = slug
	}
	name, err := checkName(displayName)
	if err != nil {
		return Organization{}, err
	}
	return Organization{ID: NewID(), Slug: slug, DisplayName: name, CreatedAt: Instant(now)}, nil
}
