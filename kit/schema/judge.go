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

// Judge compares what is applied to a database (version to checksum) with the files of this build: nil when the
// build can run on it, else ErrNotReady. A database that is ahead fits, since every migration keeps the schema
// usable by the build before it.
func Judge(applied map[int64]string, files []File) error {
	if len(files) == 0 {
		return nil
	}
	head := files[len(files)-1]
	at := slices.Max(append(slices.Collect(maps.Keys(applied)), 0))
	known := make(map[int64]bool, len(files))
	var edited, lower, behind []string
	for _, f := range files {
		known[f.Version] = true
		checksum, ok := applied[f.Version]
		switch {
		case ok && checksum != f.Checksum:
			edited = append(edited, f.Name)
		case !ok && f.Version < at:
			lower = append(lower, f.Name)
		case !ok:
			behind = append(behind, f.Name)
		}
	}
	var missing []string
	for _, v := range slices.Sorted(maps.Keys(applied)) {
		if v < head.Version && !known[v] {
			missing = append(missing, version(v))
		}
	}
	var say []string
	if len(edited) > 0 {
		say = append(say, names(edited)+" was edited after it was applied: restore the file as it was and put the change into a new migration")
	}
	if len(missing) > 0 {
		say = append(say, "applied version "+names(missing)+" is missing in this build: restore the file or use the build that has it")
	}
	if len(lower) > 0 {
		say = append(say, names(lower)+" is not applied and is lower-numbered than "+version(at)+", which is: renumber it above "+version(max(at, head.Version)))
	}
	if len(behind) > 0 {
		say = append(say, "the database is behind, at "+version(at)+" while this build needs "+version(head.Version)+
			": "+names(behind)+" not applied; let the migrations service apply it")
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

// names lists the first few; a sentence with a hundred names helps nobody.
func names(list []string) string {
	const few = 5
	if len(list) > few {
		return strings.Join(list[:few], ", ") + " and " + strconv.Itoa(len(list)-few) + " more"
	}
	return strings.Join(list, ", ")
}
