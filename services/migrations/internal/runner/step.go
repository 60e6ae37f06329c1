package runner

// Phase is a point of a run.
type Phase string

// The phases. A statement that is sent alone is journaled: Journaled follows Before, and Done follows After.
const (
	// Begin comes when the lock is held and files wait.
	Begin Phase = "begin"
	// Before comes before anything of a statement.
	Before Phase = "before"
	// Journaled comes when the journal says that a statement was started.
	Journaled Phase = "journaled"
	// Sent comes when ClickHouse has taken a statement, behind which mutations may still work.
	Sent Phase = "sent"
	// After comes when a statement has run and nothing was written about it.
	After Phase = "after"
	// Done comes when the journal says that a statement was done.
	Done Phase = "done"
	// BeforeCommit comes before the commit of a transaction, or before the row that says a file is applied.
	BeforeCommit Phase = "before-commit"
	// AfterCommit comes after that.
	AfterCommit Phase = "after-commit"
	// Waiting comes each time the lock was found taken.
	Waiting Phase = "waiting"
)

// Step is a point of a run in one database. Tests stop the world there; the service logs it.
type Step struct {
	Database string
	// File is the name of the file; of a transaction, its last file; empty when no file is meant.
	File  string
	Phase Phase
	// Statement counts from 1 in the file; 0 stands for the file.
	Statement int
}
