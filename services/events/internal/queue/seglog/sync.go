package seglog

import (
	"time"

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
	switch {
	case len(list) == 0:
		return nil, nil
	case l.failed.Load():
		return list, queue.ErrClosed.With("the log of accepted events cannot be written any more")
	}
	if err := active.file.SyncData(); err != nil {
		return list, l.fail(err)
	}
	return list, nil
}
