package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// BackfillsFolder is where the backfills stand in a folder of migrations.
const BackfillsFolder = "backfills"

// Bounds and defaults of what a backfill may ask for.
const (
	MinBatch            = 10
	MaxBatch            = 50_000
	DefaultBatch        = 1000
	DefaultBatchLatency = 100 * time.Millisecond
	maxBatchLatency     = time.Minute
)

// Backfill is a declared movement of rows, which the migrations service makes in small steps beside the running suite. Its header says:
//
//	-- devtrail: backfill developers
//	-- devtrail: after 0042
//	-- devtrail: batch 1000
//	-- devtrail: latency 100ms
//
// Only the first line is needed. The one statement behind it is run again and again, each time for other rows. On Postgres these are in a table
// named batch, with the columns of the primary key, which is put before the statement. On ClickHouse they are a partition, whose id is the parameter
// {partition:String}.
type Backfill struct {
	// Name is that of the file without the ending, such as 0042_nickname.
	Name string
	// Table is the one whose rows are gone through, with a schema or without.
	Table string
	// After is the version of the migration that must be applied before; that of the file's own number when the header does not say it.
	After int64
	// Batch is the rows of the first batch, and Latency how long one should take; the size is steered to it.
	Batch    int
	Latency  time.Duration
	SQL      string
	Checksum string // as that of a File
}

var (
	backfillFile = regexp.MustCompile(`^([0-9]{4,18})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$`)
	table        = regexp.MustCompile(`^(?:[a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$`)
)

// Backfills reads the backfills/NNNN_name.sql files of a folder of migrations by their names. A folder without backfills has none. Other file types
// are passed over; another kind of name, a header that is not whole, and a migration to follow that is not there are errors.
func Backfills(fsys fs.FS) ([]Backfill, error) {
	entries, err := fs.ReadDir(fsys, BackfillsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the folder of backfills: %w", err)
	}
	files, err := Files(fsys)
	if err != nil {
		return nil, err
	}
	var list []Backfill
	for _, e := range entries {
		if e.IsDir() || !strings.EqualFold(path.Ext(e.Name()), ".sql") {
			continue
		}
		b, err := readBackfill(fsys, e.Name(), files)
		if err != nil {
			return nil, fmt.Errorf("backfill %q: %w", e.Name(), err)
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b Backfill) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

func readBackfill(fsys fs.FS, name string, files []File) (Backfill, error) {
	m := backfillFile.FindStringSubmatch(name)
	if m == nil {
		return Backfill{}, errors.New("it is not named NNNN_name.sql with a lower_snake_case name")
	}
	raw, err := fs.ReadFile(fsys, path.Join(BackfillsFolder, name))
	if err != nil {
		return Backfill{}, err
	}
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	sum := sha256.Sum256([]byte(text))
	b := Backfill{
		Name: strings.TrimSuffix(name, ".sql"), Batch: DefaultBatch, Latency: DefaultBatchLatency, SQL: withoutMark(text), Checksum: hex.EncodeToString(sum[:]),
	}
	if b.After, err = strconv.ParseInt(m[1], 10, 64); err != nil {
		return Backfill{}, err
	}
	if err := b.readHeader(); err != nil {
		return Backfill{}, err
	}
	if !slices.ContainsFunc(files, func(f File) bool { return f.Version == b.After }) {
		return Backfill{}, fmt.Errorf(`it follows version %s, which is not among the migrations: name one by "-- devtrail: after NNNN"`, version(b.After))
	}
	return b, nil
}

func (b *Backfill) readHeader() error {
	for line := range strings.Lines(b.SQL) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--") {
			break
		}
		m := directive.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if err := b.direct(m[1], m[2]); err != nil {
			return fmt.Errorf("header %q: %w", line, err)
		}
	}
	if b.Table == "" {
		return errors.New(`the header has no "-- devtrail: backfill TABLE"`)
	}
	return nil
}

// direct takes one word of the header.
func (b *Backfill) direct(word, value string) (err error) {
	switch word {
	case "backfill":
		if !table.MatchString(value) {
			return errors.New("backfill wants the name of a table, with a schema or without, in lower case")
		}
		b.Table = value
	case "after":
		b.After, err = strconv.ParseInt(value, 10, 64)
	case "batch":
		b.Batch, err = strconv.Atoi(value)
		if err == nil && (b.Batch < MinBatch || b.Batch > MaxBatch) {
			err = fmt.Errorf("batch is not between %d and %d", MinBatch, MaxBatch)
		}
	case "latency":
		b.Latency, err = time.ParseDuration(value)
		if err == nil && (b.Latency < time.Millisecond || b.Latency > maxBatchLatency) {
			err = fmt.Errorf("latency is not between 1ms and %s", maxBatchLatency)
		}
	default:
		err = fmt.Errorf("%q is not known", word)
	}
	return err
}
