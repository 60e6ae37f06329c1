package migrations

import "time"

// Phase is what an attempt to apply is doing.
type Phase uint8

// The phases.
const (
	// WaitingForLock means that another instance holds the lock; the message names it.
	WaitingForLock Phase = iota + 1
	// Checking means that the files are judged.
	Checking
	// RunningStatement means that a statement runs.
	RunningStatement
	// WaitingForTable means that a statement waits for a table lock; the message names who holds it.
	WaitingForTable
	// Retrying means that the attempt was rolled back for want of a table lock and is repeated.
	Retrying
	// FileApplied means that a file is applied for good.
	FileApplied
	// PassedOver means that a contract file was left out; the message says why.
	PassedOver
	// Finished means that the attempt ended and all that may be applied is.
	Finished
)

// Progress is one step of an attempt to apply what waits in a database.
type Progress struct {
	Database string
	// File is empty when no file is meant.
	File string
	// Statement counts from 1 in the file; 0 when no statement is meant.
	Statement int
	// Statements is how many the file has.
	Statements int
	Phase      Phase
	// Message is for people.
	Message string
	// Rows written or read so far, where the engine says it.
	Rows int64
	// Percent of the statement that is done, 0 to 100, where the engine says it.
	Percent float64
	// LockWait is how long the file has waited for table locks.
	LockWait time.Duration
	// Host is set on a cluster.
	Host string
}
