package runner

import (
	"cmp"
	"context"
	"iter"
	"reflect"
	"slices"
	"sync"

	"devtrail.dev/services/migrations"
)

// board shows how every database stands. It is the one broadcaster: any number of watchers wait on a channel, nobody polls.
type board struct {
	mu      sync.Mutex
	closed  chan struct{}
	entries map[string]*boardEntry
}

type boardEntry struct {
	status  migrations.Status
	changed chan struct{} // closed and replaced at each change
}

func newBoard(statuses []migrations.Status) *board {
	b := &board{closed: make(chan struct{}), entries: make(map[string]*boardEntry, len(statuses))}
	for _, s := range statuses {
		b.entries[s.Database] = &boardEntry{status: s, changed: make(chan struct{})}
	}
	return b
}

// change lets edit change a copy of the status, wakes the watchers when it differs, and reports whether it does.
func (b *board) change(name string, edit func(*migrations.Status)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[name]
	next := e.status
	edit(&next)
	if reflect.DeepEqual(next, e.status) {
		return false
	}
	e.status = next
	close(e.changed)
	e.changed = make(chan struct{})
	return true
}

func (b *board) get(name string) migrations.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries[name].status
}

func (b *board) close() { close(b.closed) }

// Status returns all databases, ordered by name. Slices in it are shared and must not be changed.
func (r *Runner) Status() []migrations.Status {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	all := make([]migrations.Status, 0, len(r.board.entries))
	for _, e := range r.board.entries {
		all = append(all, e.status)
	}
	slices.SortFunc(all, func(a, b migrations.Status) int { return cmp.Compare(a.Database, b.Database) })
	return all
}

// Watch gives the status of a database now and whenever it changed; a slow reader gets the newest and misses what lay between.
// It ends with an error: ErrDatabaseNotFound, ErrStopping or that of ctx.
func (r *Runner) Watch(ctx context.Context, name string) iter.Seq2[migrations.Status, error] {
	return func(yield func(migrations.Status, error) bool) {
		for {
			status, changed, err := r.board.watch(name)
			if err != nil {
				yield(migrations.Status{}, err)
				return
			}
			if !yield(status, nil) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(migrations.Status{}, ctx.Err())
				return
			case <-r.board.closed:
				yield(migrations.Status{}, migrations.ErrStopping)
				return
			}
		}
	}
}

func (b *board) watch(name string) (migrations.Status, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[name]
	if !ok {
		return migrations.Status{}, nil, migrations.ErrDatabaseNotFound.With("database %q not found", name)
	}
	return e.status, e.changed, nil
}

// History returns at most limit entries of a database below the version, newest first.
func (r *Runner) History(ctx context.Context, name string, below int64, limit int) ([]migrations.Entry, error) {
	d, err := r.find(name)
	if err != nil {
		return nil, err
	}
	return d.engine.history(ctx, below, limit)
}
