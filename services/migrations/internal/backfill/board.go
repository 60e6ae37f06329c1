package backfill

import (
	"context"
	"iter"
	"sync"

	"devtrail.dev/services/migrations"
)

// board shows how every backfill stands. It is the one broadcaster: any number of watchers wait on a channel, nobody polls.
type board struct {
	mu      sync.Mutex
	closed  chan struct{}
	entries map[*declared]*boardEntry
}

type boardEntry struct {
	now     migrations.Backfill
	changed chan struct{} // closed and replaced at each change
}

func newBoard() *board {
	return &board{closed: make(chan struct{}), entries: map[*declared]*boardEntry{}}
}

func (b *board) add(d *declared) {
	b.entries[d] = &boardEntry{now: d.fresh(), changed: make(chan struct{})}
}

// fresh is how a backfill stands of which nothing is known.
func (d *declared) fresh() migrations.Backfill {
	return migrations.Backfill{
		Database: d.target.Name, Name: d.Name, Table: d.Table, State: migrations.BackfillWaiting, BatchSize: d.Batch,
		Message: "it was not looked at yet",
	}
}

// change lets edit change a copy of what is shown and wakes the watchers when it differs.
func (b *board) change(d *declared, edit func(*migrations.Backfill)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[d]
	next := e.now
	edit(&next)
	if next == e.now {
		return
	}
	e.now = next
	close(e.changed)
	e.changed = make(chan struct{})
}

func (b *board) get(d *declared) (migrations.Backfill, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[d]
	return e.now, e.changed
}

func (b *board) close() { close(b.closed) }

// Watch gives how a backfill stands now and whenever it changed; a slow reader gets the newest and misses what lay between.
// It ends with an error: ErrBackfillNotFound, ErrStopping or that of ctx.
func (k *Keeper) Watch(ctx context.Context, database, name string) iter.Seq2[migrations.Backfill, error] {
	return func(yield func(migrations.Backfill, error) bool) {
		d, err := k.find(database, name)
		if err != nil {
			yield(migrations.Backfill{}, err)
			return
		}
		for {
			now, changed := k.board.get(d)
			if !yield(now, nil) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(migrations.Backfill{}, ctx.Err())
				return
			case <-k.board.closed:
				yield(migrations.Backfill{}, migrations.ErrStopping)
				return
			}
		}
	}
}
