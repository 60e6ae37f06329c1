package events

import (
	"cmp"
	"slices"

	"devtrail.dev/kit/purl"
)

// PackageVersion is a package, and one version of it, as questions name them: qualifiers and subpath do not count.
type PackageVersion struct {
	Package string // canonical purl without version, qualifiers and subpath
	Version string // empty when no version is named
}

// PackageRow is one row that an event adds to what is known of packages.
type PackageRow struct {
	PackageVersion
	// Leading is set on the first row of a package within its event: counting leading rows counts events when no version is asked for.
	Leading bool
}

// ParsePackage reads a purl that a question names. The error is a fault of kind Invalid for the given field.
func ParsePackage(field, text string) (PackageVersion, error) {
	p, err := purl.Parse(text)
	if err != nil {
		return PackageVersion{}, ErrPurlInvalid.With("%s", err.Error()).Field(field)
	}
	return PackageVersion{Package: p.Package(), Version: p.VersionKey()}, nil
}

// PackageRows derives the rows of the event's packages: each version of each package once, sorted by package and version.
// They follow from the event alone, so a store that lost them can make them again.
func (e Event) PackageRows() []PackageRow {
	if len(e.Packages) == 0 {
		return nil
	}
	rows := make([]PackageRow, 0, len(e.Packages))
	for _, text := range e.Packages {
		p, err := purl.Parse(text)
		if err != nil { // cannot be: the event is canonical
			continue
		}
		rows = append(rows, PackageRow{PackageVersion: PackageVersion{Package: p.Package(), Version: p.VersionKey()}})
	}
	slices.SortFunc(rows, func(a, b PackageRow) int {
		return cmp.Or(compareText(a.Package, b.Package), compareText(a.Version, b.Version))
	})
	rows = slices.Compact(rows)
	for i := range rows {
		rows[i].Leading = i == 0 || rows[i-1].Package != rows[i].Package
	}
	return rows
}
