package migrations

import (
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/migrations/lint/rule"
)

// ErrPlanStale says that the database or its files changed after the plan was made.
var ErrPlanStale = fault.New(fault.State, "PLAN_STALE", "the plan is stale")

// Plan is what would be applied to a database.
type Plan struct {
	Database string
	// Fingerprint stands for the live schema and the files that wait.
	Fingerprint string
	Segments    []Segment
	// Findings is what lint says of the files, suppressed findings included; none on a fresh database.
	Findings []rule.Finding
	Gates    []Gate
}

// Segment is files that go together.
type Segment struct {
	// Transaction says that all statements and the history rows share one.
	Transaction bool
	// Background says that nobody waits for it.
	Background bool
	Files      []string
	Statements []PlannedStatement
}

// PlannedStatement is one statement with what it was measured to do.
type PlannedStatement struct {
	File string
	// Number and Line count from 1 in the file.
	Number, Line int
	SQL          string
	Effects      []Effect
	// Estimate is how long a full read or rewrite may take at the live size; 0 when nothing is read.
	Estimate time.Duration
	// Unmeasured says why it could not be measured; empty when it was.
	Unmeasured string
}

// Effect is what a statement does to one relation that was there before it.
type Effect struct {
	// Relation is the qualified name.
	Relation string
	// Lock is the strongest one, in the words of Postgres, such as ACCESS EXCLUSIVE.
	Lock string
	// Rewrite means that all rows are written anew; Scan that all are read.
	Rewrite, Scan bool
	// LiveRows and LiveBytes are the live relation's, indexes included, as the planner estimates them.
	LiveRows, LiveBytes int64
}
