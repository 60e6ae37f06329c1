package migrations

import "time"

// Difference is one object that is not as the files make it.
type Difference struct {
	// Kind of object, such as table, column, index, constraint, view, function, trigger.
	Kind string
	// Object is its qualified name.
	Object string
	// Expected is the definition by the files, empty when they do not have it; Actual is the live one, empty when it is missing.
	Expected, Actual string
	// Host is set on a cluster.
	Host string
}

// Drift is how a live schema differs from what its applied files make.
type Drift struct {
	Differences []Difference
	// Fingerprint stands for the live schema.
	Fingerprint string
	// CheckedAt is by the database's clock.
	CheckedAt time.Time
}
