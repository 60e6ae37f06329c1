// Package migrations holds the schema changes of the analytics database, one folder per engine. The migrations service applies them; the stores of the events service compare them with what they find.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres clickhouse
var files embed.FS

// Postgres returns the files for an installation that keeps its events in Postgres: NNNN_name.sql at the root, applied in the order of their numbers.
func Postgres() fs.FS { return sub("postgres") }

// ClickHouse returns the files for an installation that keeps its events in ClickHouse: one statement a file, safe to run twice,
// without the name of a database, so they work on the connection's own.
func ClickHouse() fs.FS { return sub("clickhouse") }

// sub is the folder as a tree of its own.
func sub(folder string) fs.FS {
	tree, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) //nolint:forbidigo // the folders are compiled in: it cannot fail
	}
	return tree
}
