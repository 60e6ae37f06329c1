package events

import "time"

// DigestQuery asks what happened in a period and in the one before it.
type DigestQuery struct {
	Filter Filter
	Range  Range     // the period before and the period
	Middle time.Time // where the period begins; within Range
	Limit  int       // rows in each list, at least 1
}

// NewDigestQuery compares a period with the time of the same length right before it. The error is a fault of kind Invalid when a bound is missing or
// the end is not after the start.
func NewDigestQuery(start, end *time.Time) (DigestQuery, error) {
	switch {
	case start == nil:
		return DigestQuery{}, ErrFieldMissing.With("range.start is missing: a digest is of a period").Field("range.start")
	case end == nil:
		return DigestQuery{}, ErrFieldMissing.With("range.end is missing: a digest is of a period").Field("range.end")
	}
	period, err := NewRange(start, end)
	if err != nil {
		return DigestQuery{}, err
	}
	before := clamp(period.Start.Add(-period.End.Sub(period.Start)))
	return DigestQuery{Range: Range{Start: before, End: period.End}, Middle: period.Start}, nil
}

// Tally is a number of the period beside that of the period before.
type Tally struct{ Current, Previous int64 }

// Digest is what happened. Each list is ordered by its counts, of the period and then of the period before, most first, then by its key, and cut at the
// limit; totals are those before the cut. Events without a project give no row there.
type Digest struct {
	Events     Tally
	Developers Tally // distinct current developers
	Agents     Tally // events of sources of the kind agent
	Sources    Tallies[Tool]
	Names      Tallies[string]
	Projects   Tallies[string]
	Packages   PackageActivities
}

// Tallies is one list of a digest.
type Tallies[K any] struct {
	Rows  []Tallied[K]
	Total int // rows before the cut
}

// Tallied is a key with its tally.
type Tallied[K any] struct {
	Key   K
	Tally Tally
}

// PackageActivities is the list of packages.
type PackageActivities struct {
	Rows  []PackageActivity
	Total int // rows before the cut
}

// PackageActivity counts the ManifestEvents of the period that touch a package, each event once.
type PackageActivity struct {
	Package                 string // canonical purl without version
	Added, Changed, Removed int64
}
