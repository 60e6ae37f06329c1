// Package segment says which files of a Postgres database go together in one transaction. The runner applies by it, and the planner shows it.
package segment

import (
	"slices"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// Apart reports whether a file cannot share a transaction: its header says so, or Postgres refuses one of its statements there.
func Apart(f schema.File) bool {
	return f.NoTransaction || has(f, RefusesTransaction)
}

// Size is how many of the first files go together: as many as may. By itself goes a background file, and one that reads a whole table, to check
// what is there already or by a statement that is Long: the lock under which it does lets writers go on, which is for nothing while the locks of the
// files before it are still held.
// A file that adds a value to an enum is the last of its segment: Postgres lets nobody use the value before the commit.
func Size(files []schema.File) int {
	for n, f := range files {
		switch {
		case Apart(f) || f.Background || has(f, validates) || has(f, Long):
			return max(n, 1)
		case has(f, addsEnumValue):
			return n + 1
		}
	}
	return len(files)
}

// has reports whether one of the statements is so. Of a file that cannot be cut none is: applying it says what is wrong.
func has(f schema.File, is func(sqlsplit.Statement) bool) bool {
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	return err == nil && slices.ContainsFunc(statements, is)
}
