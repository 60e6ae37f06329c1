// Package migrations holds the schema changes of the packages database. The migrations service applies them; packages compares them with what it finds.
package migrations

import "embed"

// FS has the files, NNNN_name.sql, applied in the order of their numbers. A shipped file is never edited.
//
//go:embed *.sql
var FS embed.FS
