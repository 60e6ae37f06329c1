package events

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/kit/purl"
	"devtrail.dev/kit/vers"
)

// ExposureRequest asks who touched a package, as a caller asks it.
type ExposureRequest struct {
	Purl         string
	Versions     []string // only these; with a version in the purl or a range it is refused
	VersionRange string   // only the versions of this range, by [vers.ParseRange]; empty for no range
	Range        Range
	Rows         int // in each list, at least 1
	Evidence     int // how many of the newest events
}

// ExposureAnswer is the answer.
type ExposureAnswer struct {
	Purl     string // canonical, without qualifiers and subpath
	Exposure Exposure
	Presence map[string]Presence // of the projects among the rows
	Evidence []Event             // newest first
}

// Expose answers who touched a package and whether the projects still have it. Versions of a range are those that events name and that the order of
// the package's ecosystem puts into it. Errors are faults of kind Invalid that name the field, and those of the store.
func Expose(ctx context.Context, store Store, organization uuid.UUID, req ExposureRequest) (ExposureAnswer, error) {
	p, err := purl.Parse(req.Purl)
	if err != nil {
		return ExposureAnswer{}, ErrPurlInvalid.With("%s", err.Error()).Field("purl")
	}
	answer := ExposureAnswer{Purl: p.Core()}
	q := ExposureQuery{Package: p.Package(), Range: req.Range, Limit: req.Rows}
	if q.Versions, err = asked(ctx, store, organization, p, req); err != nil {
		return ExposureAnswer{}, err
	}
	if q.Versions != nil && len(q.Versions) == 0 {
		return answer, nil
	}
	if answer.Exposure, err = store.Exposure(ctx, organization, q); err != nil {
		return ExposureAnswer{}, err
	}
	if answer.Presence, err = presence(ctx, store, organization, q, answer.Exposure.Projects.Rows); err != nil {
		return ExposureAnswer{}, err
	}
	if req.Evidence > 0 {
		answer.Evidence, err = store.List(ctx, organization, ListQuery{Filter: q.Filter(), Limit: req.Evidence, Range: req.Range})
	}
	return answer, err
}

// asked returns the versions that a request means, nil for every version.
func asked(ctx context.Context, store Store, organization uuid.UUID, p purl.Purl, req ExposureRequest) ([]string, error) {
	switch {
	case p.Version != "" && len(req.Versions) > 0:
		return nil, ErrVersionsContradict.With("the purl names the version %s and versions names others", quote(p.Version)).Field("versions")
	case req.VersionRange != "" && (p.Version != "" || len(req.Versions) > 0):
		return nil, ErrVersionsContradict.With("a range of versions stands alone: leave out the versions beside it").Field("version_range")
	case p.Version != "":
		return []string{p.VersionKey()}, nil
	case len(req.Versions) > 0:
		return keysOf(p, req.Versions)
	case req.VersionRange == "":
		return nil, nil
	}
	r, err := vers.ParseRange(p.Type, req.VersionRange)
	if err != nil {
		return nil, ErrVersionRangeInvalid.With("%s", err.Error()).Field("version_range")
	}
	known, err := store.PackageVersions(ctx, organization, p.Package(), req.Range)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append([]string{}, known...), func(v string) bool { return v == "" || !r.Holds(v) }), nil
}

// keysOf brings versions into the form in which they are kept.
func keysOf(p purl.Purl, versions []string) ([]string, error) {
	keys := make([]string, 0, len(versions))
	for _, v := range versions {
		q, err := purl.New(p.Type, p.Namespace, p.Name, v, nil, "")
		if err != nil {
			return nil, ErrPurlInvalid.With("the version %s: %s", quote(v), err.Error()).Field("versions")
		}
		keys = append(keys, q.VersionKey())
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// Presence says whether a project has a package by the newest that is known of it; the numbers are those of the contract.
type Presence uint8

// No event says it; the newest say that it has the package, or that it has it no more.
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

func presence(ctx context.Context, store Store, organization uuid.UUID, q ExposureQuery, rows []Seen[string]) (map[string]Presence, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	projects := make([]string, len(rows))
	for i, row := range rows {
		projects[i] = row.Key
	}
	changes, err := store.ManifestChanges(ctx, organization, q.Package, projects)
	if err != nil {
		return nil, err
	}
	known := make(map[string]Presence)
	for _, c := range changes {
		switch {
		case c.has(q):
			known[c.Project] = Present
		case known[c.Project] == PresenceUnknown:
			known[c.Project] = Absent
		}
	}
	return known, nil
}

// has tells whether the file has a version that was asked for.
func (c ManifestChange) has(q ExposureQuery) bool {
	if c.Name == packageRemoved {
		return false
	}
	return q.Versions == nil || slices.ContainsFunc(c.versions(q.Package), func(v string) bool { return slices.Contains(q.Versions, v) })
}

// versions are those that the file has after the change: an event of an added package names them, one of a changed package lists them under the
// property to, since it names only those that are new.
func (c ManifestChange) versions(pkg string) []string {
	var properties struct{ To []string }
	if c.Name == packageChanged && json.Unmarshal([]byte(c.Properties), &properties) == nil && properties.To != nil {
		return properties.To
	}
	var versions []string
	for _, row := range (Event{Packages: c.Packages}).PackageRows() {
		if row.Package == pkg {
			versions = append(versions, row.Version)
		}
	}
	return versions
}
