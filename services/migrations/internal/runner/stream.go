package runner

import (
	"context"
	"iter"
	"sync"

	"devtrail.dev/services/migrations"
)

// streamLimit is how many steps of an attempt are kept for readers that come late or are slow.
const streamLimit = 2000

// stream keeps the steps of one attempt for any number of readers. Each reads at its own pace and none holds up the attempt:
// what came before the newest streamLimit steps is lost to whoever has not read it.
type stream struct {
	mu      sync.Mutex
	steps   []migrations.Progress
	first   int           // how many steps were dropped before steps[0]
	changed chan struct{} // closed and replaced at each change
	ended   bool
	err     error
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) add(p migrations.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	// The same wait said again tells a reader nothing.
	if n := len(s.steps); n > 0 && s.steps[n-1] == p {
		return
	}
	if len(s.steps) == streamLimit {
		s.steps = append(s.steps[:0:0], s.steps[streamLimit/2:]...)
		s.first += streamLimit / 2
	}
	s.steps = append(s.steps, p)
	s.wake()
}

// end lets the readers go once they have read everything; nil means that the attempt ended well.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended, s.err = true, err
		s.wake()
	}
}

func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// read gives every step from the first that is kept, until the attempt ends. It ends with the error of the attempt or of ctx, if there is one.
func (s *stream) read(ctx context.Context) iter.Seq2[migrations.Progress, error] {
	return func(yield func(migrations.Progress, error) bool) {
		for at := 0; ; {
			steps, changed, ended, err := s.from(at)
			at += len(steps.list) + steps.lost
			for _, p := range steps.list {
				if !yield(p, nil) {
					return
				}
			}
			if len(steps.list) > 0 {
				continue
			}
			if ended {
				if err != nil {
					yield(migrations.Progress{}, err)
				}
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(migrations.Progress{}, ctx.Err())
				return
			}
		}
	}
}

// unread is what a reader has not seen.
type unread struct {
	list []migrations.Progress
	lost int
}

func (s *stream) from(at int) (unread, <-chan struct{}, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := unread{lost: max(0, s.first-at)}
	// The array is never written where it has been read: add appends behind it or copies.
	u.list = s.steps[max(0, at-s.first):]
	return u, s.changed, s.ended, s.err
}
