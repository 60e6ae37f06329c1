package migrations

import (
	"time"

	"github.com/google/uuid"
)

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	// Running means that the run has not ended.
	Running Outcome = "running"
	// Applied means that all files that waited are applied.
	Applied Outcome = "applied"
	// FailedRun means that the run stopped with an error.
	FailedRun Outcome = "failed"
	// Abandoned means that the instance went away before the run ended; a later run found it so.
	Abandoned Outcome = "abandoned"
)

// Run is one attempt of one instance to bring one database to the newest file of its build.
type Run struct {
	ID       uuid.UUID
	Database string
	Build    string
	// StartedAt is by the clock of the instance.
	StartedAt time.Time
	// FinishedAt is zero while the run lasts.
	FinishedAt  time.Time
	FromVersion int64
	// ToVersion is the newest file of the build.
	ToVersion int64
	Outcome   Outcome
	// Message is the error of a failed run.
	Message string
}
