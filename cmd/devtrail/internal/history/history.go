// Package history gives a Git history its meaning: which events a commit stands for. It reads commits and blobs through gitlog and lock files
// through the manifest package; the importer sends what it says. On the path of an import: gitlog -> history -> importer -> wire.
//
// # Commits
//
// Every commit gives one commit.authored event: its author is the actor, after the repository's mailmap, and the author's time is the event's
// time. A time outside the years 1970 to 2261 gives way to the committer's time and, if that is no better, to the start of 1970.
// Commits at the boundary of a shallow clone are left out: what they changed is unknown, and their event would be wrong for ever.
//
// # Packages
//
// A file that the manifest package recognises by its name is compared with what it was in the commit's parent, package by package.
// A package is a purl without version; its state in a file is the set of versions that the file gives it.
//
//   - package.added: the file has the package and had it not. The event names every version.
//   - package.removed: the file had the package and has it no more. The event names every version that was there.
//   - package.changed: the sets of versions differ. The event names the versions that appeared; when versions only
//     disappeared, it names the package without version. Its properties have both sets, from and to.
//
// So a commit touches a package exactly if its diff of a recognised file adds, removes or changes it, and it touches a version exactly if
// the version appears there, or goes together with the whole package.
//
// Files are followed by path. A file that moves is removed at one path and added at the other, except when its bytes stay the same: that says
// nothing about packages and gives no event. Symbolic links and submodules are no files.
//
// # Merges
//
// A merge touches what it has that none of its parents had: a package counts if its state differs from that in every parent. It is added if no
// parent had it, removed if all had it and the merge does not, changed otherwise, and from is what the parents had together. What comes from either
// side was counted where it was made.
//
// # Files that cannot be read
//
// A version of a file that cannot be read (conflict markers, broken JSON, more bytes than are taken) gives no event and is reported. The next good version
// is compared with the last good one along the first parents; if the file has had none since it was made, with nothing.
//
// # Identity of events
//
// An event's id is a UUIDv5 of project, commit, event name, path and package, so two people who import one history agree.
package history

import (
	"context"
	"errors"
	"iter"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Formats recognises and reads lock files and manifests. It is used by several goroutines.
type Formats interface {
	// Detect says which format a file has by its path.
	Detect(path string) (format string, ok bool)
	// Extract returns the canonical purls of a file. An error means that this version of it cannot be read.
	Extract(ctx context.Context, path string, content []byte) ([]string, error)
}

// Options say what to read and how.
type Options struct {
	// Project names the project in every event.
	Project string
	// Range has the commits.
	Range gitlog.Range
	// Formats reads lock files and manifests.
	Formats Formats
	// Workers is how many files are read at once; at least 1.
	Workers int
}

// Commit is what one commit stands for.
type Commit struct {
	// ID is the commit's id.
	ID string
	// Events are its events, ordered: the commit, then packages by path and name. None for a commit at the boundary of a shallow clone.
	Events []*eventsv1.Event
	// Unreadable are the versions of recognised files that it made and that cannot be read.
	Unreadable []Unreadable
}

// Unreadable is a version of a file that gives no events.
type Unreadable struct {
	// Commit made it.
	Commit string
	// Path is the file's path, quoted as git does if it is not UTF-8.
	Path string
	// Err says why it cannot be read.
	Err error
}

// queued is how many commits are read ahead of the one that is being compared: enough to keep git and the readers of files
// busy, little enough to hold in memory.
const queued = 512

// Walk streams the commits of a repository, each after all its ancestors. Leaving the loop or ending ctx stops everything and
// waits for it. The first error ends the stream.
func Walk(ctx context.Context, repo *gitlog.Repository, options Options) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		group, ctx := errgroup.WithContext(ctx)
		files := newSnapshots(options.Formats)
		if err := files.start(ctx, group, repo, options.Workers); err != nil {
			yield(Commit{}, err)
			return
		}
		reader := newReader(repo, options, files)
		group.Go(func() error {
			defer close(reader.ahead)
			return reader.run(ctx)
		})
		narrator := narrator{repo: repo, project: options.Project, files: files}
		err := func() error {
			for s := range reader.ahead {
				commit, err := narrator.tell(ctx, s)
				if err != nil {
					return err
				}
				if !yield(commit, nil) {
					return errStopped
				}
			}
			return nil
		}()
		if err != nil {
			cancel()
		} else {
			files.end()
		}
		first := group.Wait()
		if errors.Is(err, errStopped) {
			return
		}
		// What failed in a goroutine is the reason; here it shows as a context that ended.
		if err == nil || errors.Is(err, context.Canceled) {
			err = first
		}
		if err != nil {
			yield(Commit{}, err)
		}
	}
}
