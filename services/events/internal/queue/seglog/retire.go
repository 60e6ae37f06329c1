package seglog

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// A file that was a segment is used again, since its blocks and its pages are there: few are kept on a small disk, more on a large one.
const (
	fewFree   = 2
	mostFree  = 8
	roomyDisk = 32 // segments for which there must be room
)

// retireAll takes segments away whose frames are committed, until Close.
func (l *Log) retireAll() {
	var room rooms
	for range l.retire {
		for s := l.drained(); s != nil; s = l.drained() {
			if err := l.retireOne(s, &room); err != nil { // it stays, and is taken away with the next one
				l.options.Logger.Warn("a drained segment of the log of accepted events is kept", "segment", segmentName(s.number), "error", err)
				break
			}
		}
	}
}

// drained returns a segment that is not needed any more: one that has states alone, which the next one begins with, or the oldest if nothing of it waits.
func (l *Log) drained() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.segments) - 1 // without the active one
	if n < 1 || l.failed.Load() {
		return nil
	}
	for i := 1; i < n; i++ {
		if l.segments[i].last == l.segments[i-1].last {
			return l.segments[i]
		}
	}
	if l.segments[0].last > l.committed {
		return nil
	}
	return l.segments[0]
}

// rooms is memory that taking a segment away leaves to the next one: a segment has megabytes of ids, and fresh memory costs more than reading into it.
type rooms struct{ record, ids []byte }

// retireOne writes the ids of a segment where they outlive it, and has its file used again.
func (l *Log) retireOne(s *segment, room *rooms) error {
	l.mu.Lock()
	floor, kept := l.floor, len(l.free)
	l.mu.Unlock()
	hours := make(map[uint32][]byte)
	for r, err := range s.heads(&room.record) {
		if err != nil {
			return err
		}
		if r.hour() < floor {
			continue
		}
		if _, size := r.ids(); size > 0 {
			ids := hours[r.hour()]
			if ids == nil {
				ids, room.ids = room.ids[:0], nil
			}
			hours[r.hour()] = appendIDs(ids, r)
		}
	}
	tight, err := l.keepIDs(s.number, hours)
	if err != nil {
		return err
	}
	for _, ids := range hours {
		room.ids = ids
	}
	if err := l.syncDir(); err != nil {
		return err
	}
	if err := l.syncCommit(); err != nil {
		return err
	}
	if err := l.takeAway(s, !tight && l.keeps(kept)); err != nil {
		return err
	}
	l.makeReserve()
	return nil
}

// takeAway has the file of a segment used again, or gives its room back. After an error all of it is there still: a later life would miss those between it and the
// next one.
func (l *Log) takeAway(s *segment, keep bool) error {
	l.using.Lock()
	defer l.using.Unlock()
	name := segmentName(s.number)
	free := strings.TrimSuffix(name, segmentSuffix) + freeSuffix
	var err error
	if keep {
		err = l.options.FS.Rename(l.path(name), l.path(free))
	} else {
		err = l.options.FS.Remove(l.path(name))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // somebody else took it
		keep = false
	case err != nil:
		return err
	}
	l.mu.Lock()
	l.segments = slices.DeleteFunc(l.segments, func(other *segment) bool { return other == s })
	if keep {
		l.free = append(l.free, free)
	}
	l.mu.Unlock()
	_ = s.file.Close() // all of it is synced
	return nil
}

// syncCommit makes durable that the frames are committed: if a loss of power took that, a block would be read again of which a part is gone.
func (l *Log) syncCommit() error {
	l.using.RLock()
	defer l.using.RUnlock()
	l.mu.Lock()
	active := l.segments[len(l.segments)-1] // those before were synced when it began
	l.mu.Unlock()
	return l.syncFile(active.file)
}

// keeps tells whether another free file is kept beside so many.
func (l *Log) keeps(kept int) bool {
	if kept < fewFree {
		return true
	}
	usage, err := l.options.FS.GetDiskUsage(l.options.Dir)
	return err == nil && kept < mostFree && usage.AvailBytes > uint64(roomyDisk*l.options.SegmentBytes)
}
