// Package feed turns the stored sequence of identity changes into streams that watchers may leave and resume.
// It stands between internal/rpc and internal/postgres.
package feed

import (
	"context"
	"iter"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/identity"
)

// ErrStopping says that this instance stops: watch again at another one, or after the restart.
var ErrStopping = fault.New(fault.Unavailable, "STOPPING", "the service stops: resume the watch")

// batchSize is how many changes one message carries at most.
const batchSize = 1000

// Changes is the stored sequence.
type Changes interface {
	// List returns at most limit changes after the sequence number, in order, without holes.
	List(ctx context.Context, after int64, limit int) ([]identity.Change, error)
	// Last returns the sequence number of the last change.
	Last(ctx context.Context) (int64, error)
}

// Notices tells when to look.
type Notices interface {
	// Changed returns a channel that is closed when there may be something new.
	Changed() <-chan struct{}
	// Done is closed when the instance stops.
	Done() <-chan struct{}
}

// Batch is what a watcher receives at once: changes, or none as a heartbeat.
type Batch struct {
	Changes []identity.Change
	// Sequence is where to resume after this batch.
	Sequence int64
}

// Feed gives streams of changes to any number of watchers.
type Feed struct {
	changes   Changes
	notices   Notices
	heartbeat time.Duration
}

// New returns a feed that breaks a silence with a heartbeat after the given time. Before each heartbeat it looks for changes,
// so that a lost notice costs at most that time.
func New(changes Changes, notices Notices, heartbeat time.Duration) *Feed {
	return &Feed{changes: changes, notices: notices, heartbeat: heartbeat}
}

// Watch yields every change after the sequence number, once and in order, then those that happen, until ctx ends, the instance stops
// (ErrStopping) or reading fails. When there is nothing yet, a first heartbeat says so at once.
// A number that was never given out is identity.ErrSequenceAhead.
func (f *Feed) Watch(ctx context.Context, after int64) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		last, err := f.changes.Last(ctx)
		if err == nil && after > last {
			err = identity.ErrSequenceAhead.With("after_sequence %d is ahead of the last change, %d: watch from 0 again", after, last).Field("after_sequence")
		}
		if err != nil {
			yield(Batch{}, err)
			return
		}
		silence := time.NewTimer(0)
		defer silence.Stop()
		for due := after == last; ; {
			changed := f.notices.Changed()
			changes, err := f.changes.List(ctx, after, batchSize)
			if err != nil {
				yield(Batch{}, err)
				return
			}
			if len(changes) > 0 || due {
				if len(changes) > 0 {
					after = changes[len(changes)-1].Sequence
				}
				if !yield(Batch{Changes: changes, Sequence: after}, nil) {
					return
				}
				due = false
				silence.Reset(f.heartbeat)
			}
			if len(changes) == batchSize {
				continue
			}
			select {
			case <-changed:
			case <-silence.C:
				due = true
			case <-f.notices.Done():
				yield(Batch{}, ErrStopping)
				return
			case <-ctx.Done():
				yield(Batch{}, ctx.Err())
				return
			}
		}
	}
}
