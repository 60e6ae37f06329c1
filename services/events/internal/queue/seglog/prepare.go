package seglog

import (
	"errors"
	"sync"
)

// spare is the file of the segment after the active one. It is made beside what is written: its name is durable only when the file system has written what
// others have changed, which takes the longest where a database writes to the same disk, and senders would wait for it. Until the segment begins it holds
// nothing that is sound; a process that starts makes it a free file. Only the last segment may be so, so none is made while another begins.
type spare struct {
	mu   sync.Mutex // held while a file is made, and until it begins when it is needed at once
	file *segment   // nil when there is none
}

// prepareAll makes a spare after each segment that begins, until Close.
func (l *Log) prepareAll() {
	for range l.prepare {
		l.spare.mu.Lock()
		if l.spare.file == nil {
			// What cannot be made now is tried again when it is needed, and is told to those who need it. States are to have room also when the disk is full.
			var err error
			if l.spare.file, err = l.create(l.options.SegmentBytes); noRoom(err) {
				l.spare.file, _ = l.create(stateRoom)
			}
		}
		l.spare.mu.Unlock()
	}
}

// next returns the file of the next segment, of so many bytes at least. The locks on writing and on the spare must be held.
func (l *Log) next(size int64) (*segment, error) {
	s := l.spare.file
	if s == nil {
		return l.create(size)
	}
	if size > s.room {
		if err := s.file.Preallocate(0, size); err != nil { // which may have taken what was left of the disk: another spare is made, for states
			l.spare.file = nil
			l.wake(l.prepare)
			return nil, errors.Join(err, s.file.Close(), l.options.FS.Remove(l.path(segmentName(s.number))))
		}
		s.room = size
	}
	l.spare.file = nil
	return s, nil
}

// create makes the file after the newest segment, of an old one if there is one, with a name that is durable. The lock on the spare must be held.
func (l *Log) create(size int64) (*segment, error) {
	for {
		s, old, err := l.createOne(size)
		if err == nil || old == "" || !noRoom(err) {
			return s, err
		}
		// The old file was of a segment for states. It is gone, and another may be large enough.
	}
}

// createOne also returns the name of the old file that it used.
func (l *Log) createOne(size int64) (s *segment, old string, err error) {
	s = &segment{number: 1, room: size}
	l.mu.Lock()
	if n := len(l.segments); n > 0 {
		s.number += l.segments[n-1].number
	}
	if n := len(l.free); n > 0 {
		old, l.free = l.free[n-1], l.free[:n-1]
	}
	l.mu.Unlock()
	name := l.path(segmentName(s.number))
	if old != "" {
		s.file, err = l.options.FS.ReuseForWrite(l.path(old), name, category)
	} else {
		s.file, err = l.options.FS.Create(name, category)
	}
	if err != nil {
		return nil, "", err
	}
	if err = s.file.Preallocate(0, size); err == nil {
		err = l.syncDir()
	}
	if err != nil {
		return nil, old, errors.Join(err, s.file.Close(), l.options.FS.Remove(name))
	}
	return s, old, nil
}
