package render

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"devtrail.dev/cmd/devtrail/internal/importer"
)

// Summary prints what an import did.
func Summary(w io.Writer, s importer.Summary) error {
	t := newTable(w)
	t.row("project", s.Project)
	if s.Revision == "" {
		t.row("commits", "0 (the repository has none yet)")
		return t.flush()
	}
	t.row("revision", s.Revision)
	commits := strconv.Itoa(s.Commits)
	if s.Resumed != "" {
		commits += fmt.Sprintf(" (%.12s and what came before it was stored already)", s.Resumed)
	}
	t.row("commits", commits)
	if s.Boundary > 0 {
		t.row("left out", plural(int64(s.Boundary), "boundary commit", "boundary commits")+" of a shallow clone: what they changed is unknown")
	}
	t.row("events", fmt.Sprintf("%d new, %d stored before, %d rejected", s.Stored, s.Duplicates, s.Rejected))
	for _, r := range s.Rejections {
		t.row("", fmt.Sprintf("%s %s: %s %s: %s", r.Name, r.EventID, r.Reason, r.Field, r.Message))
	}
	if s.Unreadable > 0 {
		t.row("unreadable", plural(int64(s.Unreadable), "version of a lock file", "versions of lock files")+"; the next good one was compared with the last good one")
		for _, u := range s.UnreadableFiles {
			t.row("", fmt.Sprintf("%.12s %s: %v", u.Commit, u.Path, u.Err))
		}
	}
	t.row("lock files", fmt.Sprintf("%d of the newest revision known to packages", s.Manifests))
	for _, err := range s.ManifestFaults {
		t.row("", err.Error())
	}
	if s.CheckpointFault != nil {
		t.row("note", s.CheckpointFault.Error())
	}
	t.row("time", s.Took.Round(time.Millisecond).String())
	return t.flush()
}
