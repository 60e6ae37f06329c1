// Package schema is the contract between the migrations service, which applies SQL files and writes the history
// table, and the services, which carry the same files and judge by the history whether the database fits them.
// It stands beside the request's path: readiness asks it, requests do not.
package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// HistoryTable is the name of the history table in every database of both engines.
const HistoryTable = "devtrail_schema_history"

// ClickHouseApplied is the query of the versions applied to a ClickHouse database, as (version, checksum):
// those whose latest row for the whole file (statement 0) says done.
const ClickHouseApplied = `
SELECT version, argMax(checksum, (at, state)) AS applied_checksum
FROM ` + HistoryTable + `
WHERE statement = 0
GROUP BY version
HAVING argMax(state, (at, state)) = 'done'
ORDER BY version`

var fileName = regexp.MustCompile(`^([0-9]{4,18})_([a-z0-9]+(?:_[a-z0-9]+)*)\.sql$`)

// File is one migration.
type File struct {
	Version  int64
	Name     string // the file's name, such as "0001_init.sql"
	SQL      string // what is applied of the text, see Applied
	Checksum string // hex SHA-256 of the whole text with \r\n as \n
	Header
}

// Files reads the NNNN_name.sql files at the root of fsys in ascending order. Other file types are passed over;
// an .sql file with another kind of name, a version below 1 and two files of one version are errors.
func Files(fsys fs.FS) ([]File, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations folder: %w", err)
	}
	var files []File
	for _, e := range entries {
		if e.IsDir() || !strings.EqualFold(path.Ext(e.Name()), ".sql") {
			continue
		}
		f, err := read(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Version, b.Version) })
	for i := 1; i < len(files); i++ {
		if files[i].Version == files[i-1].Version {
			return nil, fmt.Errorf("migrations %q and %q have the same version", files[i-1].Name, files[i].Name)
		}
	}
	return files, nil
}

// Head is the highest version in fsys, 0 when it holds no migrations.
func Head(fsys fs.FS) (int64, error) {
	files, err := Files(fsys)
	if err != nil || len(files) == 0 {
		return 0, err
	}
	return files[len(files)-1].Version, nil
}

func read(fsys fs.FS, name string) (File, error) {
	m := fileName.FindStringSubmatch(name)
	if m == nil {
		return File{}, fmt.Errorf("migration %q is not named NNNN_name.sql with a lower_snake_case name", name)
	}
	version, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || version < 1 {
		return File{}, fmt.Errorf("migration %q has no version of 1 or more", name)
	}
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return File{}, fmt.Errorf("read migration %q: %w", name, err)
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	sum := sha256.Sum256([]byte(text))
	text = withoutMark(text)
	header, err := readHeader(text)
	if err != nil {
		return File{}, fmt.Errorf("migration %q: %w", name, err)
	}
	goose, err := readGoose(text)
	if err != nil {
		return File{}, fmt.Errorf("migration %q: %w", name, err)
	}
	header.NoTransaction = header.NoTransaction || goose.noTransaction
	return File{
		Version:  version,
		Name:     name,
		SQL:      goose.up,
		Checksum: hex.EncodeToString(sum[:]),
		Header:   header,
	}, nil
}

// Applied is what is applied of a text: that without a byte order mark and without its part behind "-- +goose Down". Annotations of goose that
// do not fit are an error, and the text comes with it as it is.
func Applied(text string) (string, error) {
	g, err := readGoose(withoutMark(text))
	if err != nil {
		return text, err
	}
	return g.up, nil
}

// withoutMark removes the byte order mark that some editors put before a text: a header behind it would not be seen, and Postgres takes it for a
// part of the first word. psql passes over it too.
func withoutMark(text string) string { return strings.TrimPrefix(text, "\ufeff") }
