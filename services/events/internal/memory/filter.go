package memory

import (
	"slices"

	"devtrail.dev/services/events"
)

// matches tells whether an event, with its current developer, passes a filter.
func matches(f events.Filter, e events.Event) bool {
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
func touches(packages []events.PackageVersion, e events.Event) bool {
	if len(packages) == 0 {
		return true
	}
	for _, row := range e.PackageRows() {
		for _, p := range packages {
			if names(p, row) {
				return true
			}
		}
	}
	return false
}

// names tells whether a question's package covers a row: without a version it covers every version.
func names(p events.PackageVersion, row events.PackageRow) bool {
	return p.Package == row.Package && (p.Version == "" || p.Version == row.Version)
}
