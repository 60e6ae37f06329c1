package events

import (
	"encoding/json"
	"slices"

	"devtrail.dev/kit/purl"
)

// Presence says whether a project has a package by the newest that is known of it; the numbers are those of the contract.
type Presence uint8

// No event says it, or the newest leave it open; the newest say that it has the package, or that it has it no more.
const (
	PresenceUnknown Presence = iota
	Present
	Absent
)

// The names of events that say what a manifest or a lock file has.
const (
	packageAdded   = "package.added"
	packageChanged = "package.changed"
	packageRemoved = "package.removed"
)

// ManifestEvents are the names of events that say what a manifest or a lock file of a project has of a package: which of its versions, or none.
var ManifestEvents = []string{packageAdded, packageChanged, packageRemoved}

// ManifestChange is the newest such event of one file. The file is named by the property path.
type ManifestChange struct {
	Project    string
	Path       string // empty when the event names none
	Name       string // one of ManifestEvents
	Packages   []string
	Properties string
}

// presence says of each project of which something is known whether it has what was asked for. One file that has it decides; without one, a file that leaves
// it open keeps the others from saying that the project has it no more.
func (q ExposureQuery) presence(changes []ManifestChange) map[string]Presence {
	known := make(map[string]Presence)
	for _, c := range changes {
		now := c.presence(q)
		if before, ok := known[c.Project]; !ok || before == Absent || now == Present {
			known[c.Project] = now
		}
	}
	return known
}

// presence says whether the file has a version that was asked for. A file that names the package without a version, by a range as a rule, may have any.
func (c ManifestChange) presence(q ExposureQuery) Presence {
	if c.Name == packageRemoved {
		return Absent
	}
	versions := c.versions(q.Package)
	switch {
	case q.Versions == nil, slices.ContainsFunc(versions, func(v string) bool { return slices.Contains(q.Versions, v) }):
		return Present
	case slices.Contains(versions, ""):
		return PresenceUnknown
	default:
		return Absent
	}
}

// versions are those that the file has after the change: an event of an added package names them, one of a changed package lists them under the
// property to, since it names only those that are new. The property has them as the sender spells them.
func (c ManifestChange) versions(pkg string) []string {
	var properties struct{ To []string }
	listed := c.Name == packageChanged && json.Unmarshal([]byte(c.Properties), &properties) == nil && properties.To != nil
	var versions []string
	for _, text := range c.Packages {
		p, err := purl.Parse(text)
		if err != nil || p.Package() != pkg {
			continue
		}
		if !listed {
			versions = append(versions, p.VersionKey())
			continue
		}
		for _, version := range properties.To {
			if keys, err := keysOf(p, []string{version}); err == nil {
				versions = append(versions, keys...)
			}
		}
		return versions // every version of the package is listed, so its other purls say no more
	}
	return versions
}
