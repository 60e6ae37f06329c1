package history

import (
	"context"
	"errors"
	"slices"
	"strings"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
)

var errStopped = errors.New("the reader of the history has left")

// step is a commit on its way from git to its events, with the versions of files it needs, which are being read.
type step struct {
	commit   gitlog.Commit
	boundary bool
	files    []fileStep
}

// fileStep is a change of a recognised file.
type fileStep struct {
	path   string
	format string
	before []*snapshot // one a parent
	after  *snapshot
}

// reader reads commits and asks for the files they need, ahead of whoever compares them.
type reader struct {
	repo    *gitlog.Repository
	options Options
	files   *snapshots
	ahead   chan step
	merges  *gitlog.MergeReader
	// boundary has the commits whose parents a shallow clone left out.
	boundary map[string]bool
}

func newReader(repo *gitlog.Repository, options Options, files *snapshots) *reader {
	r := &reader{repo: repo, options: options, files: files, ahead: make(chan step, queued), boundary: map[string]bool{}}
	for _, id := range repo.Shallow {
		r.boundary[id] = true
	}
	return r
}

func (r *reader) run(ctx context.Context) error {
	defer func() {
		if r.merges != nil {
			r.merges.Close()
		}
	}()
	for commit, err := range r.repo.Commits(ctx, r.options.Range, r.keep) {
		if err != nil {
			return err
		}
		s, err := r.step(ctx, commit)
		if err != nil {
			return err
		}
		select {
		case r.ahead <- s:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (r *reader) keep(path string) bool {
	_, ok := r.options.Formats.Detect(path)
	return ok
}

func (r *reader) step(ctx context.Context, commit gitlog.Commit) (step, error) {
	s := step{commit: commit, boundary: r.boundary[commit.ID]}
	if s.boundary {
		return s, nil
	}
	changes := commit.Changes
	if commit.Merge() {
		var err error
		if changes, err = r.merge(ctx, commit.ID); err != nil {
			return step{}, err
		}
	}
	s.commit.Changes = nil
	for _, change := range withoutMoves(changes, r.options.Formats) {
		format, _ := r.options.Formats.Detect(change.Path)
		file := fileStep{path: change.Path, format: format, before: make([]*snapshot, len(change.Old))}
		var err error
		for i, blob := range change.Old {
			if file.before[i], err = r.files.get(ctx, blob, change.Path, format); err != nil {
				return step{}, err
			}
		}
		if file.after, err = r.files.get(ctx, change.New, change.Path, format); err != nil {
			return step{}, err
		}
		s.files = append(s.files, file)
	}
	return s, nil
}

func (r *reader) merge(ctx context.Context, id string) ([]gitlog.Change, error) {
	if r.merges == nil {
		var err error
		if r.merges, err = r.repo.Merges(ctx); err != nil {
			return nil, err
		}
	}
	return r.merges.Read(id, r.keep)
}

// withoutMoves returns the changes ordered by path, without pairs of a file that goes and one that comes with the same bytes
// and the same format. Each side belongs to one pair at most; the first ones by path are paired.
func withoutMoves(changes []gitlog.Change, formats Formats) []gitlog.Change {
	slices.SortFunc(changes, func(a, b gitlog.Change) int { return strings.Compare(a.Path, b.Path) })
	type content struct{ blob, format string }
	gone := map[content][]int{}
	for i, c := range changes {
		if c.New == "" && same(c.Old) {
			format, _ := formats.Detect(c.Path)
			key := content{c.Old[0], format}
			gone[key] = append(gone[key], i)
		}
	}
	if len(gone) == 0 {
		return changes
	}
	paired := map[int]bool{}
	for i, c := range changes {
		if c.New == "" || c.Old[0] != "" || !same(c.Old) {
			continue
		}
		format, _ := formats.Detect(c.Path)
		key := content{c.New, format}
		if from := gone[key]; len(from) > 0 {
			paired[i], paired[from[0]] = true, true
			gone[key] = from[1:]
		}
	}
	kept := changes[:0]
	for i, c := range changes {
		if !paired[i] {
			kept = append(kept, c)
		}
	}
	return kept
}

// same says whether every parent had the same blob.
func same(blobs []string) bool {
	return !slices.ContainsFunc(blobs, func(blob string) bool { return blob != blobs[0] })
}
