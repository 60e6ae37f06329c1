// Package migrations is the domain of the migrations service: which databases the suite has, how each stands against the files of this build, and what was applied.
// The desk (internal/rpc) and the runner (internal/runner) both speak in its nouns.
package migrations

import (
	"strings"
	"time"

	"devtrail.dev/kit/fault"
)

// Application begins the name of every connection of this service to a database, by which the gates know it; what it is for follows after a blank.
const Application = "devtrail-migrations"

// Errors of the service.
var (
	// ErrDatabaseNotFound says that no database of the suite has the name asked for.
	ErrDatabaseNotFound = fault.New(fault.NotFound, "DATABASE_NOT_FOUND", "database not found")
	// ErrNotReady says that at least one database is not at the newest file of this build.
	ErrNotReady = fault.New(fault.Unavailable, "MIGRATIONS_NOT_READY", "migrations are not applied")
	// ErrRefused says that nothing may be applied until people have decided: the history, the files or the server contradict each other, or a rule forbids it.
	ErrRefused = fault.New(fault.State, "MIGRATION_REFUSED", "the migration was refused")
	// ErrServerAway says that a database server cannot be reached.
	ErrServerAway = fault.New(fault.Unavailable, "DATABASE_SERVER_AWAY", "the database server is away")
	// ErrStopping says that this instance is stopping, so that nothing will change any more.
	ErrStopping = fault.New(fault.Unavailable, "MIGRATIONS_STOPPING", "the migrations service is stopping")
)

// Errors of what an operator asks for.
var (
	// ErrApplyFailed says that an attempt stopped with an error of the database, which its message gives.
	ErrApplyFailed = fault.New(fault.State, "MIGRATION_FAILED", "the migration failed")
	// ErrAhead says that a newer build has applied files that this one does not have.
	ErrAhead = fault.New(fault.State, "DATABASE_AHEAD", "the database is ahead of this build")
	// ErrFileNotWaiting says that no file of the name waits to be applied.
	ErrFileNotWaiting = fault.New(fault.NotFound, "FILE_NOT_WAITING", "no such file waits").Field("file")
	// ErrRuleNotFound says that neither lint nor the gate has a rule of the name for the file.
	ErrRuleNotFound = fault.New(fault.Invalid, "RULE_NOT_FOUND", "no such rule").Field("rule")
	// ErrHistoryExists says that a database has a history, so that it cannot be given one.
	ErrHistoryExists = fault.New(fault.State, "HISTORY_EXISTS", "the database has a history")
	// ErrVersionNotFound says that this build has no file of the version.
	ErrVersionNotFound = fault.New(fault.NotFound, "VERSION_NOT_FOUND", "no such version").Field("version")
	// ErrDrifted says that the live schema is not what the files make.
	ErrDrifted = fault.New(fault.State, "SCHEMA_DIFFERS", "the schema is not what the files make")
)

// State is how a database stands.
type State uint8

// The states.
const (
	// Pending means that files wait to be applied; it is the state before a database was looked at.
	Pending State = iota
	// Applying means that files are being applied, or that another instance does it and this one waits for the lock.
	Applying
	// Ready means that all files of this build are applied.
	Ready
	// Failed means that applying stopped with an error and will be tried again.
	Failed
	// Refused means that the history and the files contradict each other; people must decide.
	Refused
)

// String returns the state in lower case.
func (s State) String() string {
	return [...]string{"pending", "applying", "ready", "failed", "refused"}[s]
}

// Status is how one database stands against the files of this build.
type Status struct {
	Database string
	Engine   Engine
	State    State
	// Version is the number of the newest applied file, 0 when none is.
	Version int64
	// TargetVersion is the number of the newest file of this build.
	TargetVersion int64
	// Pending has the names of the files that wait, in order.
	Pending []string
	// Waiting has the names of the contract and background files that are not applied; the database is ready without them.
	Waiting []string
	// Message says what is wrong and what to do, or what is waited for. Empty when ready.
	Message string
	// Note says what contract and background files do or wait for, or why they stopped; readiness does not depend on it.
	Note string
}

// Reached reports whether the database has the version; 0 stands for everything this build carries.
func (s Status) Reached(version int64) bool {
	if version == 0 {
		return s.State == Ready
	}
	return s.State != Refused && s.Version >= version
}

// Entry says that a file was applied.
type Entry struct {
	Version  int64
	Name     string
	Checksum string
	// AppliedAt is by the clock of the database.
	AppliedAt time.Time
	Duration  time.Duration
	// AppliedBy is the build of the migrations service that applied it.
	AppliedBy string
	// LockWait is how long its statements waited for table locks, rolled back attempts included.
	LockWait time.Duration
	// Actor is who asked for it; empty when the service applied it by itself.
	Actor string
	// Overrides is what it was allowed to pass.
	Overrides []Override
	// Baseline says that it was recorded and not run.
	Baseline bool
}

// Health is nil when every database is ready, else ErrNotReady with a sentence for each that is not.
func Health(all []Status) error {
	var say []string
	for _, s := range all {
		if s.State == Ready {
			continue
		}
		sentence := s.Database + " is " + s.State.String()
		if s.Message != "" {
			sentence += ": " + s.Message
		}
		say = append(say, sentence)
	}
	if len(say) == 0 {
		return nil
	}
	return ErrNotReady.With("%s", strings.Join(say, "; "))
}
