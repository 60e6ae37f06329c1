package events

import (
	"time"

	"github.com/google/uuid"
)

// Range is half open: Start is in it, End is not. Stores get ranges from [NewRange]: within MinTime and MaxTime, in whole microseconds, possibly empty.
type Range struct {
	Start time.Time
	End   time.Time
}

// AllTime is the range of every event that can be.
var AllTime = Range{Start: MinTime, End: MaxTime}

// NewRange returns the range between two instants, each absent when it is nil. Bounds finer than a microsecond are rounded up, which keeps
// exactly the events that the exact bounds keep. The error is a fault of kind Invalid when the end is not after the start.
func NewRange(start, end *time.Time) (Range, error) {
	r := AllTime
	if start != nil && end != nil && !end.After(*start) {
		return Range{}, ErrRangeInvalid.With("the end %q is not after the start %q", end.UTC().Format(time.RFC3339Nano), start.UTC().Format(time.RFC3339Nano)).Field("range.end")
	}
	if start != nil {
		r.Start = clamp(*start)
	}
	if end != nil {
		r.End = clamp(*end)
	}
	return r, nil
}

// clamp rounds up to a microsecond and keeps within the times that an event can have.
func clamp(t time.Time) time.Time {
	switch {
	case t.Before(MinTime):
		return MinTime
	case t.After(MaxTime):
		return MaxTime
	}
	return Microseconds(t.Add(time.Microsecond - 1))
}

// Holds tells whether an instant lies in the range.
func (r Range) Holds(t time.Time) bool { return !t.Before(r.Start) && t.Before(r.End) }

// Filter keeps events that match every list that is not empty; within a list one match is enough.
type Filter struct {
	Names        []string
	DeveloperIDs []uuid.UUID // current developers
	Projects     []string
	Packages     []PackageVersion // without a version every version matches
	SourceKinds  []SourceKind
	Tools        []string
	Machines     []string
}

// Position is a place in the order of events.
type Position struct {
	OccurredAt time.Time
	ID         uuid.UUID
}

// ListQuery asks for events, newest first.
type ListQuery struct {
	Filter Filter
	Range  Range
	After  *Position // only events that come after this place in the answer, which are older; nil from the newest
	Limit  int       // at most so many, at least 1
	Basic  bool      // only what [Event.Basic] keeps of each event
}

// ExposureQuery asks who touched a package.
type ExposureQuery struct {
	Package  string   // canonical purl without version, qualifiers and subpath
	Versions []string // only these, each once; nil for every version, empty for none
	Range    Range
	Limit    int // rows in each list, at least 1
}

// Filter returns the filter that keeps the events of the exposure. It is not for an exposure of no version.
func (q ExposureQuery) Filter() Filter {
	if q.Versions == nil {
		return Filter{Packages: []PackageVersion{{Package: q.Package}}}
	}
	var f Filter
	for _, version := range q.Versions {
		f.Packages = append(f.Packages, PackageVersion{Package: q.Package, Version: version})
	}
	return f
}

// Sighting is when and how often something was seen. The zero value is never.
type Sighting struct {
	First time.Time
	Last  time.Time
	Count int64 // events
}

// Exposure is who touched a package. Each list is ordered by count, most first, then by its key, and cut at the limit; the totals are those before the cut.
// Events without a developer, an actor, a project or a machine give no row in that list.
type Exposure struct {
	Sighting   Sighting
	Developers Sightings[uuid.UUID]
	Actors     Sightings[Actor]
	Projects   Sightings[string]
	Sources    Sightings[Tool]
	Machines   Sightings[string]
	Versions   Sightings[string] // events that name none count under the empty version
}

// ExposurePart is some rows of an exposure that is too large for one piece.
type ExposurePart struct {
	Exposure
	Changes []ManifestChange // of the projects among the rows
}

// Len is how many rows the lists have together.
func (x *Exposure) Len() int {
	return len(x.Developers.Rows) + len(x.Actors.Rows) + len(x.Projects.Rows) + len(x.Sources.Rows) + len(x.Machines.Rows) + len(x.Versions.Rows)
}

// ProjectNames are the projects among the rows, in their order.
func (x *Exposure) ProjectNames() []string {
	names := make([]string, len(x.Projects.Rows))
	for i, row := range x.Projects.Rows {
		names[i] = row.Key
	}
	return names
}

// Sightings is one list of an exposure.
type Sightings[K any] struct {
	Rows  []Seen[K]
	Total int // rows before the cut
}

// Seen is a key with its sighting.
type Seen[K any] struct {
	Key      K
	Sighting Sighting
}

// Actor is an identity and whose it is now; the zero UUID is nobody. Should its events be stamped with several developers, the greatest id is shown.
type Actor struct {
	Identity    Identity
	DeveloperID uuid.UUID
}

// Tool is a tool by kind and name.
type Tool struct {
	Kind SourceKind
	Name string
}

// Cut cuts a range into buckets and returns both. With weeks and months the first bucket is whole and the range begins with it; with the other
// intervals the first bucket may begin before the range. The error is a fault of kind Invalid when the end is not after the start or there are too many buckets.
func Cut(start, end time.Time, interval Interval, zone *time.Location, firstDay time.Weekday) (Range, []time.Time, error) {
	if _, err := NewRange(&start, &end); err != nil {
		return Range{}, nil, err
	}
	buckets, err := Buckets(start, end, interval, zone, firstDay)
	if err != nil {
		return Range{}, nil, err
	}
	if interval == Week || interval == Month {
		start = buckets[0]
	}
	r, err := NewRange(&start, &end)
	return r, buckets, err
}
