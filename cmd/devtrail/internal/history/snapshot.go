package history

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/cmd/devtrail/internal/gitlog"
)

const (
	// maxFile is the size of a file in bytes above which it is not read; packages takes no more either.
	maxFile = 16 << 20
	// keptPurls bounds the memory of the cache: this many package versions, four bytes each.
	keptPurls = 8 << 20
	// asked bounds how far git may be ahead in reading blobs.
	asked = 256
)

// snapshot is one version of a file: what it states, known when done is closed.
type snapshot struct {
	key  snapshotKey
	path string
	done chan struct{}
	// state is what the file states, err why this version cannot be read. Both are set before done is closed.
	state state
	err   error
}

// snapshotKey names a version of a file by content and format, wherever it lies.
type snapshotKey struct{ blob, format string }

// wait waits until the version was read, well or not.
func (s *snapshot) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// snapshots reads each version of a file once: what a commit leaves is what the next one finds. One git process gives the bytes, several
// workers read them. It keeps recent versions within a bound.
type snapshots struct {
	formats Formats
	purls   *purlTable
	asks    chan *snapshot
	nothing *snapshot // no file

	mu     sync.Mutex
	known  map[snapshotKey]*list.Element
	recent *list.List // of *snapshot, least recently used first; only those that are done are dropped
	size   int
}

func newSnapshots(formats Formats) *snapshots {
	nothing := &snapshot{done: make(chan struct{})}
	close(nothing.done)
	return &snapshots{
		formats: formats, purls: newPurlTable(), asks: make(chan *snapshot, asked), nothing: nothing,
		known: map[snapshotKey]*list.Element{}, recent: list.New(),
	}
}

// start runs git and the workers in group until end is called or ctx ends.
func (s *snapshots) start(ctx context.Context, group *errgroup.Group, repo *gitlog.Repository, workers int) error {
	blobs, err := repo.Blobs(ctx, maxFile)
	if err != nil {
		return err
	}
	type file struct {
		*snapshot
		content []byte
	}
	pending := make(chan *snapshot, asked)
	read := make(chan file)
	var reading sync.WaitGroup
	reading.Add(2)
	group.Go(func() error {
		defer reading.Done()
		defer close(pending)
		return s.ask(ctx, blobs, pending)
	})
	group.Go(func() error {
		defer reading.Done()
		defer close(read)
		for snap := range pending {
			content, err := blobs.Next()
			if errors.Is(err, gitlog.ErrBlobMissing) || errors.Is(err, gitlog.ErrBlobTooLarge) {
				s.finish(snap, nil, err)
				continue
			}
			if err != nil {
				return err
			}
			select {
			case read <- file{snap, content}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range max(workers, 1) {
		group.Go(func() error {
			for f := range read {
				purls, err := s.formats.Extract(ctx, f.path, f.content)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				s.finish(f.snapshot, purls, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		reading.Wait()
		blobs.Close()
		return nil
	})
	return nil
}

func (s *snapshots) ask(ctx context.Context, blobs *gitlog.BlobReader, pending chan<- *snapshot) error {
	for {
		select {
		case snap, ok := <-s.asks:
			if !ok {
				return nil
			}
			select {
			case pending <- snap:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := blobs.Ask(snap.key.blob); err != nil {
				// Next meets the same end and knows git's own words.
				return errors.Join(ctx.Err(), err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end says that no more files will be asked for.
func (s *snapshots) end() { close(s.asks) }

// get returns the snapshot of a blob, empty for no file, and sees that it is read.
func (s *snapshots) get(ctx context.Context, blob, path, format string) (*snapshot, error) {
	if blob == "" {
		return s.nothing, nil
	}
	key := snapshotKey{blob, format}
	s.mu.Lock()
	if known, ok := s.known[key]; ok {
		s.recent.MoveToBack(known)
		s.mu.Unlock()
		return known.Value.(*snapshot), nil
	}
	snap := &snapshot{key: key, path: path, done: make(chan struct{})}
	s.known[key] = s.recent.PushBack(snap)
	s.mu.Unlock()
	select {
	case s.asks <- snap:
		return snap, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *snapshots) finish(snap *snapshot, purls []string, err error) {
	if err != nil {
		snap.err = err
	} else {
		snap.state = s.purls.state(purls)
	}
	close(snap.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size += cost(snap)
	for oldest := s.recent.Front(); s.size > keptPurls && oldest != nil; {
		next := oldest.Next()
		old := oldest.Value.(*snapshot)
		select {
		case <-old.done:
			s.recent.Remove(oldest)
			delete(s.known, old.key)
			s.size -= cost(old)
		default: // Still being read.
		}
		oldest = next
	}
}

// cost counts a snapshot in package versions; an empty one takes memory as well.
func cost(s *snapshot) int { return len(s.state) + 32 }
