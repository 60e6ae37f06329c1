package seglog

import (
	"slices"
	"strings"

	"devtrail.dev/services/events/internal/queue"
)

// recover finds the segments, where the log ends and what waits in it.
func (l *Log) recover() error {
	names, err := l.options.FS.List(l.options.Dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, "MANIFEST-") {
			return queue.ErrOther.With("the folder holds a log of Pebble: it is not read")
		}
		if strings.HasSuffix(name, freeSuffix) && name != reserve {
			l.free = append(l.free, name)
		}
		number, ok := numberOf(name)
		if !ok {
			continue
		}
		file, err := l.options.FS.Open(l.path(name))
		if err != nil {
			return err
		}
		l.segments = append(l.segments, &segment{file: file, number: number})
	}
	base := queue.Position(0) // before the first of frames
	for i, s := range slices.Clone(l.segments) {
		last := i == len(l.segments)-1
		sound, err := l.replay(s, &base)
		if err != nil {
			return err
		}
		switch {
		case !sound && !last:
			return queue.ErrCorrupt.With("segment %s does not begin with a state", segmentName(s.number))
		case !sound: // it was not begun
			if err := l.dismiss(s); err != nil {
				return err
			}
		}
	}
	if n := len(l.segments); n > 0 { // what was read once must be there again
		if err := l.segments[n-1].file.SyncData(); err != nil {
			return err
		}
	}
	if l.committed < base { // a segment goes only when it is durable that all of it is committed
		return queue.ErrCorrupt.With("frames %d to %d cannot be read: the segment before %s is missing", l.committed+1, base, segmentName(l.segments[0].number))
	}
	l.last = max(l.last, l.committed)
	l.frames.drop(int(l.committed - base)) //nolint:gosec // they are in memory
	return l.dropHalves(names)
}

// dropHalves takes away files of ids whose segments are there still: they may be cut off, and their room may be what is missing.
func (l *Log) dropHalves(names []string) error {
	for _, name := range names {
		_, number, ok := idsOf(name)
		if !ok || !slices.ContainsFunc(l.segments, func(s *segment) bool { return s.number == number }) {
			continue
		}
		if err := l.options.FS.Remove(l.path(name)); err != nil {
			return err
		}
	}
	return nil
}

// replay takes up the records of a segment and tells whether there is one.
func (l *Log) replay(s *segment, base *queue.Position) (sound bool, err error) {
	info, err := s.file.Stat()
	if err != nil {
		return false, err
	}
	for r, err := range s.scan(info.Size()) {
		switch {
		case err != nil:
			return false, err
		case !sound && r.kind() != stateKind:
			return false, nil
		case r.kind() == stateKind:
			if !sound {
				if err := l.join(s, r, base); err != nil {
					return false, err
				}
			}
			l.committed, l.cuts = r.committed(), slices.Clone(r.cuts())
		case r.first() != l.last+1:
			return false, queue.ErrCorrupt.With("segment %s has frame %d behind frame %d", segmentName(s.number), r.first(), l.last)
		default:
			l.take(s, r)
		}
		sound = true
		s.end = r.at + int64(len(r.record))
	}
	s.last = l.last
	return sound, nil
}

// join compares the beginning of a segment with the end of the one before. What is missing between them must have been drained.
func (l *Log) join(s *segment, state located, base *queue.Position) error {
	before := state.next() - 1
	if before == l.last {
		return nil
	}
	switch {
	case before < l.last:
		return queue.ErrCorrupt.With("segment %s begins behind frame %d, and the one before it ends with frame %d", segmentName(s.number), before, l.last)
	case s != l.segments[0] && before > state.committed():
		return queue.ErrCorrupt.With("frames %d to %d cannot be read: the segment before %s is damaged or missing", l.last+1, before, segmentName(s.number))
	}
	l.frames = frames{}
	l.last, *base = before, before
	return nil
}

// take takes up the frames of a group.
func (l *Log) take(s *segment, r located) {
	at := r.at + int64(len(r.record))
	for i := range r.count() {
		at -= int64(r.entry(i).frame)
	}
	for i := range r.count() {
		e := r.entry(i)
		l.frames.add(frame{offset: at, received: e.received, segment: s, size: int(e.frame)})
		at += int64(e.frame)
	}
	l.last += queue.Position(r.count())
}

// dismiss makes a segment a free file.
func (l *Log) dismiss(s *segment) error {
	l.segments = slices.DeleteFunc(l.segments, func(other *segment) bool { return other == s })
	if err := s.file.Close(); err != nil {
		return err
	}
	name := segmentName(s.number)
	free := strings.TrimSuffix(name, segmentSuffix) + freeSuffix
	if err := l.options.FS.Rename(l.path(name), l.path(free)); err != nil {
		return err
	}
	l.free = append(l.free, free)
	return nil
}
