// Package migrations holds the schema changes of the ledger, the database of the migrations service itself. They are applied before all others.
package migrations

import "embed"

// FS has the files, NNNN_name.sql, applied in the order of their numbers. A shipped file is never edited.
//
//go:embed *.sql
var FS embed.FS
