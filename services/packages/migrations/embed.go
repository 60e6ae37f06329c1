// Package migrations holds the schema changes of the packages database. The migrations service applies them; packages compares them with what it finds.
package migrations

import "embed"

// FS has the files, NNNN_name.sql, applied in the order of their numbers, and the folder backfills when there is one. A shipped file is never edited.
// The pattern is wide since a folder that may be missing cannot be named in it.
//
//go:embed *
var FS embed.FS
