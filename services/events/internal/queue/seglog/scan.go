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
		buffer := *room
		defer func() { *room = buffer }()
		read := func(from, to, at int64) (err error) {
			buffer = slices.Grow(buffer[:from], int(to-from))[:to]
			return s.readAt(buffer[from:], at+from)
		}
		for at := int64(0); at < s.end; {
			if err := read(0, groupBytes, at); err != nil {
				yield(nil, err)
				return
			}
			length, number := record(buffer).head()
			if number != s.number || length < groupBytes || length > s.end-at {
				yield(nil, queue.ErrCorrupt.With("segment %s has no record at byte %d", segmentName(s.number), at))
				return
			}
			if record(buffer).kind() == groupKind {
				table := min(length, groupBytes+int64(record(buffer).count())*entryBytes)
				err := read(groupBytes, table, at)
				if err == nil {
					_, ids := record(buffer).ids()
					err = read(table, min(length, table+int64(ids)), at)
				}
				if !yield(buffer, err) || err != nil {
					return
				}
			}
			at += length
		}
	}
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
