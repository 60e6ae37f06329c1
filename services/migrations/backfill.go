package migrations

import (
	"cmp"
	"strings"
	"time"

	"devtrail.dev/kit/fault"
)

// Errors of backfills.
var (
	// ErrBackfillNotFound says that no file of the database declares a backfill of the name.
	ErrBackfillNotFound = fault.New(fault.NotFound, "BACKFILL_NOT_FOUND", "backfill not found")
	// ErrBackfillState says that a backfill cannot be paused, resumed or cancelled as it stands.
	ErrBackfillState = fault.New(fault.State, "BACKFILL_STATE", "the backfill cannot change so")
)

// BackfillState is how a backfill stands.
type BackfillState string

// The states of a backfill.
const (
	// BackfillWaiting means that the migration it follows is not applied.
	BackfillWaiting BackfillState = "waiting"
	// BackfillRunning means that it works, or is about to.
	BackfillRunning BackfillState = "running"
	// BackfillPaused means that an operator stopped it.
	BackfillPaused BackfillState = "paused"
	// BackfillDone means that all rows are done.
	BackfillDone BackfillState = "done"
	// BackfillFailed means that a batch failed for good.
	BackfillFailed BackfillState = "failed"
	// BackfillCancelled means that an operator cancelled it.
	BackfillCancelled BackfillState = "cancelled"
)

// Backfill is one declared movement of rows. Times are the database's.
type Backfill struct {
	Database string
	// Name is that of its file without the ending.
	Name string
	// Table is the one whose rows are gone through.
	Table string
	State BackfillState
	// RowsDone were gone through; RowsTotal is the planner's estimate.
	RowsDone, RowsTotal int64
	// BatchSize is the rows in a batch now, and BatchLatency how long the last one took.
	BatchSize    int
	BatchLatency time.Duration
	// Checkpoint is the last key done, as text.
	Checkpoint string
	// Message says what it waits for, or what is wrong.
	Message               string
	StartedAt, FinishedAt time.Time
}

// Compare orders backfills by database and name.
func (b Backfill) Compare(other Backfill) int {
	return cmp.Or(strings.Compare(b.Database, other.Database), strings.Compare(b.Name, other.Name))
}
