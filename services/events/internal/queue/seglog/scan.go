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
func (s *segment) scan(size int64) iter.Seq2[located, error] { return s.scanInto(new([]byte), size) }

// scanInto is scan with memory that it may use, and leaves for the next time as large as it had to be made.
func (s *segment) scanInto(room *[]byte, size int64) iter.Seq2[located, error] {
	return func(yield func(located, error) bool) {
		buffer := *room
		defer func() { *room = buffer }()
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
