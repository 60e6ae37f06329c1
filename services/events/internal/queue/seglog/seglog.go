// Package seglog keeps the log of accepted events in segments, files that are written from their start to their end and used again: what is appended is
// written once and synced in groups. It stands below internal/ingest, in place of a broker, on an installation of one machine.
package seglog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

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
	// SegmentBytes is the size of a segment; 0 for the default. An append that is larger has a segment of its own.
	SegmentBytes int64
}

// defaultSegmentBytes is two of the drain's largest blocks.
const defaultSegmentBytes = 64 << 20

// fullRetry is when those who were refused may come again.
const fullRetry = 2 * time.Second

// Log is a queue.Queue in a folder.
//
// The segment that is written belongs to who has the lock on writing, which is taken before the other.
type Log struct {
	options Options
	lock    io.Closer // on the folder
	failed  atomic.Bool
	writing sync.WaitGroup // what Close waits for
	working sync.WaitGroup // the three goroutines

	writingMu sync.Mutex
	syncing   sync.Mutex // held by who syncs a segment
	active    *segment
	buffer    []byte // of the record that is written
	space     diskspace.Space
	spare     spare

	mu        sync.Mutex
	closed    bool
	last      queue.Position
	committed queue.Position
	cuts      []byte // encoded
	frames    frames
	segments  []*segment // oldest first; the last is the active one
	free      []string   // names of files that may be used again
	floor     uint32     // the first hour that is remembered
	unsynced  []*pending

	sync     chan struct{} // holds a token when something is to be synced; closed by Close
	retire   chan struct{} // likewise, when a segment may have been drained
	prepare  chan struct{} // likewise, when a segment has begun
	reserved bool          // there is a reserve; the goroutine's that takes segments away
	using    sync.RWMutex  // held for reading by those who read segments, for writing by who takes one away
}

// Open opens the log of a folder, or begins one. What a crash cut off in the middle of a write was never acknowledged and is dropped.
func Open(o Options) (*Log, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	l := &Log{options: o, prepare: make(chan struct{}, 1), retire: make(chan struct{}, 1), sync: make(chan struct{}, 1)}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the log of accepted events in %s: %w", o.Dir, err), l.release())
	}
	l.working.Go(l.syncAll)
	l.working.Go(l.retireAll)
	l.working.Go(l.prepareAll)
	l.wake(l.retire)
	return l, nil
}

func (l *Log) open() (err error) {
	if err := makeFolder(l.options.FS, l.options.Dir); err != nil {
		return err
	}
	if l.lock, err = l.options.FS.Lock(l.path("LOCK")); err != nil {
		return err
	}
	if err := l.recover(); err != nil {
		return err
	}
	if err := l.trim(); err != nil {
		return err
	}
	if err := l.start(); err != nil {
		return err
	}
	l.makeReserve()
	return nil
}

// start begins a segment. Where there is no room for a whole one it begins with what states need: what waits can be drained then, which makes room, and
// nothing is appended to it.
func (l *Log) start() error {
	err := l.roll(max(l.options.SegmentBytes, stateRoom))
	if noRoom(err) {
		l.options.Logger.Warn("the disk of the log of accepted events is full: nothing is taken in until there is room", "error", err)
		err = l.roll(stateRoom)
	}
	return err
}

// noRoom tells whether an error is that of a disk that is full.
func noRoom(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// release lets go of the files.
func (l *Log) release() error {
	var mistakes []error
	for _, s := range l.segments {
		mistakes = append(mistakes, s.file.Close())
	}
	if l.spare.file != nil {
		mistakes = append(mistakes, l.spare.file.file.Close())
	}
	if l.lock != nil {
		mistakes = append(mistakes, l.lock.Close())
	}
	return errors.Join(mistakes...)
}

func (l *Log) path(name string) string { return l.options.FS.PathJoin(l.options.Dir, name) }

func (*Log) wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// fail notes that the log cannot be written any more, tells the process so, and returns the error for those who wait.
func (l *Log) fail(err error) error {
	if !l.failed.Swap(true) {
		l.options.Fatal("the log of accepted events cannot be written: " + err.Error())
	}
	return queue.ErrClosed.Wrap(err)
}

// Await returns at once: the folder belongs to this process, as the lock on it says.
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
	return l.ready()
}

// Confirm is Ready: the folder is this process's for as long as it is open.
func (l *Log) Confirm(context.Context) error { return l.Ready() }

// ready is Ready for who has the lock.
func (l *Log) ready() error {
	if l.closed || l.failed.Load() {
		return queue.ErrClosed
	}
	return nil
}

// enter begins something that Close waits for, until writing is told that it is done.
func (l *Log) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return queue.ErrClosed
	}
	l.writing.Add(1)
	return nil
}

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
	return l.frames.stats()
}

// Close waits for appends on their way and lets go of the folder.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	l.writing.Wait()
	close(l.sync)
	close(l.retire)
	close(l.prepare)
	l.working.Wait()
	if err := l.release(); err != nil && !l.failed.Load() { // a failure was told already
		return fmt.Errorf("close the log of accepted events: %w", err)
	}
	return nil
}
