package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/kit/fault"
)

// ErrNotReady says that the database does not fit this build; its message says how and what to do.
var ErrNotReady = fault.New(fault.Unavailable, "SCHEMA_NOT_READY", "the database schema does not fit this build")

// Verdict is what stands between a database and the files of a build. A zero Verdict is a database that fits.
type Verdict struct {
	Edited     []File  // applied with another text than the build has
	Missing    []int64 // applied, below the build's newest version, and not in the build
	OutOfOrder []File  // not applied, below the newest applied version
	Pending    []File  // not applied, above it: what the migrations service will apply
	Later      []File  // contract and background files that are not applied: no service waits for them, and they come in any order

	at   int64 // the newest applied version
	head int64 // the newest version of the build
}

// Judge compares what is applied to a database (version to checksum) with the files of a build, in ascending order.
// A database that is ahead fits, since every migration keeps the schema usable by the build before it.
func Judge(applied map[int64]string, files []File) Verdict {
	if len(files) == 0 {
		return Verdict{}
	}
	v := Verdict{
		at:   slices.Max(append(slices.Collect(maps.Keys(applied)), 0)),
		head: files[len(files)-1].Version,
	}
	known := make(map[int64]bool, len(files))
	for _, f := range files {
		known[f.Version] = true
		checksum, ok := applied[f.Version]
		switch {
		case ok && checksum != f.Checksum:
			v.Edited = append(v.Edited, f)
		case !ok && !f.Required():
			v.Later = append(v.Later, f)
		case !ok && f.Version < v.at:
			v.OutOfOrder = append(v.OutOfOrder, f)
		case !ok:
			v.Pending = append(v.Pending, f)
		}
	}
	for _, version := range slices.Sorted(maps.Keys(applied)) {
		if version < v.head && !known[version] {
			v.Missing = append(v.Missing, version)
		}
	}
	return v
}

// Contradiction says what applying the pending files cannot mend, by name and with what to do; "" when there is nothing.
func (v Verdict) Contradiction() string {
	var say []string
	if len(v.Edited) > 0 {
		say = append(say, names(v.Edited)+" was edited after it was applied: restore the file as it was and put the change into a new migration")
	}
	if len(v.Missing) > 0 {
		say = append(say, "applied version "+list(v.Missing, version)+" is missing in this build: restore the file or use the build that has it")
	}
	if len(v.OutOfOrder) > 0 {
		say = append(say, names(v.OutOfOrder)+" is not applied and is lower-numbered than "+version(v.at)+", which is: renumber it above "+version(max(v.at, v.head)))
	}
	return strings.Join(say, "; ")
}

// Err is nil when the build can run on the database, else ErrNotReady with all that is in the way.
func (v Verdict) Err() error {
	var say []string
	if text := v.Contradiction(); text != "" {
		say = append(say, text)
	}
	if len(v.Pending) > 0 {
		say = append(say, "the database is behind, at "+version(v.at)+" while this build needs "+version(v.Pending[len(v.Pending)-1].Version)+
			": "+names(v.Pending)+" not applied; let the migrations service apply it")
	}
	if len(say) == 0 {
		return nil
	}
	return ErrNotReady.With("%s", strings.Join(say, "; "))
}

func version(v int64) string {
	text := strconv.FormatInt(v, 10)
	return strings.Repeat("0", max(0, 4-len(text))) + text
}

func names(files []File) string {
	return list(files, func(f File) string { return f.Name })
}

// list names the first few; a sentence with a hundred names helps nobody.
func list[T any](all []T, name func(T) string) string {
	const few = 5
	var text []string
	for _, one := range all[:min(few, len(all))] {
		text = append(text, name(one))
	}
	if more := len(all) - few; more > 0 {
		return strings.Join(text, ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(text, ", ")
}
