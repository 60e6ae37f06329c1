package postgres

import (
	_ "embed"

	"devtrail.dev/kit/lease"
)

//go:embed reads.txt
var reads string

// Reads returns the columns that the SQL of this package uses, as table.column.
func Reads() []string { return lease.Columns(reads) }
