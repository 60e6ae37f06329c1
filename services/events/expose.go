package events

import (
	"context"
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
	if names := answer.Exposure.ProjectNames(); len(names) > 0 {
		changes, err := store.ManifestChanges(ctx, organization, q.Package, names)
		if err != nil {
			return ExposureAnswer{}, err
		}
		answer.Presence = q.presence(changes)
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
		q, err := purl.New(p.Type, p.Namespace, p.Name, v, p.Qualifiers.Map(), "")
		if err != nil {
			return nil, ErrPurlInvalid.With("the version %s: %s", quote(v), err.Error()).Field("versions")
		}
		keys = append(keys, q.VersionKey())
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}
