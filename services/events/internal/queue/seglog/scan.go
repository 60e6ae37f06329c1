package seglog

import (
	"io"
	"iter"
	"slices"

	"devtrail.dev/services/events/internal/queue"
)

// located is a record and where it stands in its segment.
type located struct {
	record
	at int64
}

// scan yields the records of a segment's first bytes, until one is not sound. A record is valid until the next one.
func (s *segment) scan(size int64) iter.Seq2[located, error] {
	return func(yield func(located, error) bool) {
		var buffer []byte
		for at := int64(0); at+recordBytes <= size; {
			buffer = slices.Grow(buffer[:0], recordBytes)[:recordBytes]
			if err := s.readAt(buffer, at); err != nil {
				yield(located{}, err)
				return
			}
			length, number := record(buffer).head()
			if length < recordBytes || length > size-at || number != s.number {
				return
			}
			buffer = slices.Grow(buffer, int(length)-len(buffer))[:length]
			if err := s.readAt(buffer[recordBytes:], at+recordBytes); err != nil {
				yield(located{}, err)
				return
			}
			if !record(buffer).sound() || !yield(located{at: at, record: buffer}, nil) {
				return
			}
			at += length
		}
	}
}

// heads yields the groups of a segment up to their last ids, without their frames. They are those of this process, or were checked when it began: they are not
// checked again, and one that is not there is an error. The room is used, and left for the next time as large as it had to be made; a record is valid until the
// next one.
func (s *segment) heads(room *[]byte) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for at := int64(0); at < s.end; {
			r, err := s.head(at, room)
			if err != nil {
				yield(nil, err)
				return
			}
			if r.kind() == groupKind && !yield(r, nil) {
				return
			}
			length, _ := r.head()
			at += length
		}
	}
}

// head reads a record up to its last id.
func (s *segment) head(at int64, room *[]byte) (record, error) {
	bad := func() error {
		return queue.ErrCorrupt.With("segment %s has no record at byte %d", segmentName(s.number), at)
	}
	upTo := func(size, most int64) (record, error) { // of the record, whose beginning is in the room
		if size > most {
			return nil, bad()
		}
		from := len(*room)
		*room = slices.Grow(*room, int(size)-from)[:size]
		return *room, s.readAt((*room)[from:], at+int64(from))
	}
	*room = (*room)[:0]
	r, err := upTo(groupBytes, s.end-at) // no record is shorter
	if err != nil {
		return nil, err
	}
	length, number := r.head()
	if number != s.number || length < groupBytes || length > s.end-at {
		return nil, bad()
	}
	if r.kind() != groupKind {
		return r, nil
	}
	if r, err = upTo(groupBytes+int64(r.count())*entryBytes, length); err != nil {
		return nil, err
	}
	from, size := r.ids()
	return upTo(int64(from+size), length)
}

func (s *segment) readAt(to []byte, at int64) error {
	_, err := s.file.ReadAt(to, at)
	if err == io.EOF { //nolint:errorlint // as io.ReaderAt says
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return queue.ErrUnavailable.Wrap(err)
	}
	return nil
}
