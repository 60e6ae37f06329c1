package history

import (
	"context"
	"fmt"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
)

// narrator compares versions of files and tells what a commit did, in events.
type narrator struct {
	repo    *gitlog.Repository
	project string
	files   *snapshots
}

func (n *narrator) tell(ctx context.Context, s step) (Commit, error) {
	told := Commit{ID: s.commit.ID}
	if s.boundary {
		return told, nil
	}
	author := newAuthor(n.project, s.commit)
	event, err := author.authored()
	if err != nil {
		return Commit{}, err
	}
	told.Events = append(told.Events, event)
	for _, file := range s.files {
		if err := file.after.wait(ctx); err != nil {
			return Commit{}, err
		}
		if reason := file.after.err; reason != nil {
			told.Unreadable = append(told.Unreadable, Unreadable{Commit: s.commit.ID, Path: quotePath(file.path), Err: reason})
			continue
		}
		before, err := n.before(ctx, s.commit, file)
		if err != nil {
			return Commit{}, err
		}
		for _, change := range n.files.purls.diff(before, file.after.state) {
			events, err := author.packages(file.path, change)
			if err != nil {
				return Commit{}, err
			}
			told.Events = append(told.Events, events...)
		}
	}
	return told, nil
}

// before returns the file's last good state in each parent.
func (n *narrator) before(ctx context.Context, commit gitlog.Commit, file fileStep) ([]state, error) {
	states := make([]state, len(file.before))
	for i, snap := range file.before {
		if err := snap.wait(ctx); err != nil {
			return nil, err
		}
		if snap.err == nil {
			states[i] = snap.state
			continue
		}
		var err error
		if states[i], err = n.lastGood(ctx, commit.Parents[i], file); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// lastGood asks git for the versions of a file before a bad one. This costs a process each time a file becomes good again, which is rare, and
// needs no memory of what was read before, so a resumed import compares as a whole one does.
func (n *narrator) lastGood(ctx context.Context, commit string, file fileStep) (state, error) {
	for version, err := range n.repo.Versions(ctx, commit, file.path) {
		if err != nil {
			return nil, fmt.Errorf("find the last good version of %s: %w", quotePath(file.path), err)
		}
		if version.New == "" {
			return nil, nil
		}
		snap, err := n.files.get(ctx, version.New, file.path, file.format)
		if err != nil {
			return nil, err
		}
		if err := snap.wait(ctx); err != nil {
			return nil, err
		}
		if snap.err == nil {
			return snap.state, nil
		}
		if version.Old[0] == "" {
			return nil, nil // The file was made with this version.
		}
	}
	return nil, nil
}
