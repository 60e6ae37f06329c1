package reads

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// List returns what the SQL of a folder uses, as a file of kit/lease has it: table.column, one a line, and table.* for a table of which no column is used.
// The folder has a service's store: Go files, their SQL in literals, in sqlcgen as sqlc wrote it, or in templates in queries.
// SQL that is not understood, and names that the schema does not have, are errors.
func List(folder fs.FS, s *Schema) (string, error) {
	statements, copied, err := gather(folder)
	if err != nil {
		return "", err
	}
	columns, tables := map[string]bool{}, map[string]bool{}
	var mistakes []error
	add := func(reads Reads, place string) {
		for _, c := range reads.Columns {
			columns[c] = true
		}
		for _, t := range reads.Tables {
			tables[t] = true
		}
		for _, u := range reads.Unknown {
			if strings.HasPrefix(u, "pg_") { // the server's own, which no migration changes
				continue
			}
			mistakes = append(mistakes, fmt.Errorf("%s: the schema has no %s", place, u))
		}
	}
	for _, place := range slices.Sorted(maps.Keys(statements)) {
		reads, err := s.Of(statements[place])
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", place, err))
		}
		add(reads, place)
	}
	for _, c := range copied {
		table, column, _ := strings.Cut(c, ".")
		if !slices.Contains(s.Tables[table], column) {
			mistakes = append(mistakes, fmt.Errorf("CopyFrom: the schema has no %s", c))
		}
		columns[c] = true
	}
	for c := range columns {
		table, _, _ := strings.Cut(c, ".")
		delete(tables, table)
	}
	for t := range tables {
		columns[t+".*"] = true
	}
	return head + strings.Join(slices.Sorted(maps.Keys(columns)), "\n") + "\n", errors.Join(mistakes...)
}

const head = "# The columns that the SQL of this folder uses. Written by tools/generate; do not edit.\n"

// gather returns the statements of a folder by their place, and the columns that CopyFrom fills.
func gather(folder fs.FS) (statements map[string]string, copied []string, err error) {
	statements = map[string]string{}
	for _, dir := range []string{".", "sqlcgen"} {
		if _, err := fs.Stat(folder, dir); err != nil {
			continue
		}
		sub, err := fs.Sub(folder, dir)
		if err != nil {
			return nil, nil, err
		}
		src, err := parseSource(sub)
		if err != nil {
			return nil, nil, err
		}
		found, err := src.statements()
		if err != nil {
			return nil, nil, err
		}
		columns, err := src.copies()
		if err != nil {
			return nil, nil, err
		}
		copied = append(copied, columns...)
		for place, text := range found {
			statements[dir+"/"+place] = named.ReplaceAllString(text, "$1$$1")
		}
	}
	if _, err := fs.Stat(folder, "sqlcgen"); err == nil {
		return statements, copied, nil // the queries are what sqlcgen was made of
	}
	if _, err := fs.Stat(folder, "queries"); err != nil {
		return statements, copied, nil //nolint:nilerr // a folder need not have templates
	}
	sub, err := fs.Sub(folder, "queries")
	if err != nil {
		return nil, nil, err
	}
	found, err := shapes(sub)
	maps.Copy(statements, found)
	return statements, copied, err
}
