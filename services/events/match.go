package events

import "slices"

// Matches tells whether an event, with the developer that is written on it, passes the filter.
func (f Filter) Matches(e Event) bool {
	return among(f.Names, e.Name) &&
		among(f.DeveloperIDs, e.DeveloperID) &&
		among(f.Projects, e.Project) &&
		among(f.SourceKinds, e.Source.Kind) &&
		among(f.Tools, e.Source.Tool) &&
		among(f.Machines, e.Source.Machine) &&
		touches(f.Packages, e)
}

// among tells whether a list is empty or holds a value.
func among[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// touches tells whether the event touches one of the packages, or there are none to touch.
func touches(packages []PackageVersion, e Event) bool {
	if len(packages) == 0 {
		return true
	}
	for _, row := range e.PackageRows() {
		for _, p := range packages {
			if p.Covers(row) {
				return true
			}
		}
	}
	return false
}

// Covers tells whether a question's package covers a row: without a version it covers every version.
func (p PackageVersion) Covers(row PackageRow) bool {
	return p.Package == row.Package && (p.Version == "" || p.Version == row.Version)
}
