// Package pebblelog keeps the log of accepted events in an embedded key-value engine: appends share fsyncs, and a frame and the ids that it makes
// known are one atomic write. It stands below internal/ingest, in place of a broker, on an installation of one machine.
package pebblelog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/diskspace"
)

var _ queue.Queue = (*Log)(nil)

// Options say where and how large a log is.
type Options struct {
	Dir    string // of the log alone; made when it is missing
	Bytes  int64  // of frames that wait, at most
	Spare  int64  // bytes of the disk that are left free; 0 for none
	Logger *slog.Logger
	// Fatal is told when the log cannot be written any more. It must not return: what was being written may or may not be on the disk.
	Fatal func(sentence string)
	FS    vfs.FS // nil for the disk
}

// fullRetry is when those who were refused may come again.
const fullRetry = 2 * time.Second

// Log is a queue.Queue in a folder.
type Log struct {
	db      *pebble.DB
	options Options
	failed  *atomic.Bool
	writing sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	last      queue.Position
	committed queue.Position
	waiting   queue.Backlog
	space     diskspace.Space
}

// Open opens the log of a folder, or begins one. What a crash cut off in the middle of a write was never acknowledged and is dropped.
func Open(o Options) (*Log, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if err := o.ours(); err != nil {
		return nil, fmt.Errorf("open the log of accepted events in %s: %w", o.Dir, err)
	}
	l := &Log{options: o, failed: new(atomic.Bool)}
	db, err := pebble.Open(o.Dir, &pebble.Options{
		FS:                          o.FS,
		FormatMajorVersion:          pebble.FormatNewest,
		L0StopWritesThreshold:       1000,
		Logger:                      logger{to: o.Logger, failed: l.failed, fatal: o.Fatal},
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: 8,
	})
	if err != nil {
		return nil, fmt.Errorf("open the log of accepted events in %s: %w", o.Dir, err)
	}
	l.db = db
	if err := l.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("read the log of accepted events in %s: %w", o.Dir, err), db.Close())
	}
	return l, nil
}

// ours looks whether another engine keeps its log in the folder: Pebble makes its own files in any folder, and that engine would not know it again.
func (o Options) ours() error {
	names, err := o.FS.List(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if segment.MatchString(name) {
			return queue.ErrOther.With("the folder holds a log in segments: Pebble does not begin one beside it")
		}
	}
	return nil
}

// segment is a file of internal/queue/seglog. The names of Pebble's own have fewer digits.
var segment = regexp.MustCompile(`^\d{20}\.(log|free)$`)

// memTableBytes is how much is gathered in memory before it goes from the write-ahead log to a table.
const memTableBytes = 64 << 20

// recover finds where the log ends and what waits in it.
func (l *Log) recover() error {
	committed, closer, err := l.db.Get([]byte{committedKey})
	switch {
	case errors.Is(err, pebble.ErrNotFound):
	case err != nil:
		return err
	default:
		l.committed = positionOf(committed)
		if err := closer.Close(); err != nil {
			return err
		}
	}
	l.last = l.committed
	iterator, err := l.db.NewIter(&pebble.IterOptions{LowerBound: frameKey(l.committed + 1), UpperBound: []byte{framePrefix + 1}})
	if err != nil {
		return err
	}
	for ok := iterator.First(); ok; ok = iterator.Next() {
		l.last = positionOf(iterator.Key()[1:])
		value := iterator.Value()
		l.waiting.Add(queue.Waiting{Bytes: int64(len(value)), Position: l.last, Received: receivedOf(value)})
	}
	return iterator.Close()
}

// Await returns at once: the folder belongs to this process, as the engine's lock on it says.
func (l *Log) Await(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.Ready()
}

// Ready is nil until Close, or until a write failed.
func (l *Log) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.failed.Load() {
		return queue.ErrClosed
	}
	return nil
}

// Confirm is Ready: the folder is this process's for as long as it is open.
func (l *Log) Confirm(context.Context) error { return l.Ready() }

// Last returns the highest position ever given.
func (l *Log) Last() queue.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Committed returns the highest position that was committed.
func (l *Log) Committed() queue.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed
}

// Stats says what waits.
func (l *Log) Stats() queue.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.Stats()
}

// Commit forgets frames. It is not synced: after a crash they may be read again.
func (l *Log) Commit(ctx context.Context, upTo queue.Position) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return queue.ErrClosed
	}
	if upTo <= l.committed {
		return nil
	}
	batch := l.db.NewBatch()
	defer batch.Close()
	if err := errors.Join(
		batch.Set([]byte{committedKey}, appendPosition(nil, upTo), nil),
		batch.DeleteRange(frameKey(l.committed), frameKey(upTo+1), nil),
	); err != nil {
		return err
	}
	if err := l.commit(batch, pebble.NoSync); err != nil {
		return err
	}
	l.committed = upTo
	l.waiting.Drop(upTo)
	return nil
}

// commit writes a batch. A log that could not be written once is never written again.
func (l *Log) commit(batch *pebble.Batch, how *pebble.WriteOptions) error {
	if l.failed.Load() {
		return queue.ErrClosed.With("the log of accepted events cannot be written any more")
	}
	if err := batch.Commit(how); err != nil {
		return queue.ErrClosed.Wrap(err)
	}
	if l.failed.Load() {
		return queue.ErrClosed.With("the log of accepted events cannot be written any more")
	}
	return nil
}

// Close waits for appends on their way and closes the folder.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	l.writing.Wait()
	if err := l.db.Close(); err != nil && !l.failed.Load() { // a failure was told already
		return fmt.Errorf("close the log of accepted events: %w", err)
	}
	return nil
}
