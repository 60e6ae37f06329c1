package seglog

import (
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/services/events/internal/queue"
)

// gathering is how long after the beginning of a sync that several entries shared the next may begin at the soonest. Many senders come one by one: where the disk is fast each
// would have a sync of his own, which costs the processor and the disk more than all else of a small request. Who sends alone does not wait.
const gathering = time.Millisecond

// syncAll syncs what is written, until Close.
func (l *Log) syncAll() {
	for range l.sync {
		soonest := time.After(gathering)
		list, err := l.syncSome()
		entries := 0
		for _, p := range list {
			entries += p.entries
			p.err = err
			close(p.done)
			l.writing.Done()
		}
		if entries > 1 {
			<-soonest
		}
	}
}

// syncSome syncs what was written until now, and returns who waits for it. It is in the active segment: those before were synced when it began. That one may
// be drained meanwhile, but not taken away.
func (l *Log) syncSome() ([]*pending, error) {
	l.using.RLock()
	defer l.using.RUnlock()
	l.mu.Lock()
	list, active := l.unsynced, l.segments[len(l.segments)-1]
	l.unsynced = nil
	l.mu.Unlock()
	if len(list) == 0 {
		return nil, nil
	}
	return list, l.syncFile(active.file)
}

// syncFile syncs a segment, one at a time: Linux tells that a file's pages were not written once, to the first who asks, and another who syncs the same file
// would take the silence for success.
func (l *Log) syncFile(file vfs.File) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.failed.Load() {
		return queue.ErrClosed.With("the log of accepted events cannot be written any more")
	}
	if err := file.SyncData(); err != nil {
		return l.fail(err)
	}
	return nil
}
