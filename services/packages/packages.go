// Package packages has the nouns and rules of the packages service: what a package, a version and an inventory are, how versions are ordered and how purls
// are judged. Requests come from internal/rpc and go on to internal/postgres; it knows neither messages nor SQL.
package packages

import (
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
)

// ErrPackageNotFound says that the organization has never seen the package.
var ErrPackageNotFound = fault.New(fault.NotFound, "PACKAGE_NOT_FOUND", "package not found")

// Package is a package without a version, as one organization knows it.
type Package struct {
	// Purl is canonical, without version, qualifiers and subpath.
	Purl      string
	Type      string
	Namespace string
	Name      string
	// FirstSeenAt is in UTC, with microseconds.
	FirstSeenAt time.Time
	// VersionCount is how many versions the organization has seen.
	VersionCount int
	// ProjectCount is how many projects have it in the present state of one of their files.
	ProjectCount int
}

// Version is one version of a package. Versions are never removed.
type Version struct {
	// Version is the text that the purl has.
	Version     string
	FirstSeenAt time.Time
}

// VersionPurl is the canonical purl of a version of the package named by p.
func VersionPurl(p purl.Purl, version string) string {
	p.Version = version
	return p.Core()
}
