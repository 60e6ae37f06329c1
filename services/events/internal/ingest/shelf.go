package ingest

import (
	"slices"
	"sync"

	"devtrail.dev/services/events/internal/queue"
)

// shelf holds the frames that were acknowledged last and are in no block yet, as they lie in memory: blocks are made of them without reading the log again, and
// without checking their bytes. It holds all of them after a position, or none, and is of use only while the store keeps up; what does not fit is in the log. It
// is the drain's and locked with it.
type shelf struct {
	open     bool
	after    queue.Position // all frames behind it are here
	frames   []shelved
	bytes    int        // of memory
	builders *sync.Pool // of *queue.Builder: where those of frames that are needed no more go
}

// shelved is a frame on the shelf.
type shelved struct {
	record  queue.Record
	builder *queue.Builder // whose memory the frame is; nil when it is its own
}

// shelfBytes is as much as comes while a block is made and another one waits.
const shelfBytes = 2 * blockBytes

// begin has it hold what is appended after a position.
func (s *shelf) begin(after queue.Position) { s.open, s.after = true, after }

// end drops everything until the next begin.
func (s *shelf) end() {
	for _, f := range s.frames {
		s.giveBack(f.builder)
	}
	s.open, s.frames, s.bytes = false, nil, 0
}

// put takes the frame of a submission that is durable, and its builder from the batch.
func (s *shelf) put(sub *submission) {
	if !s.open || sub.position <= s.after {
		return
	}
	built := sub.batch.frame
	f := shelved{record: queue.Record{Frame: sub.frame, Made: built.Made(), Position: sub.position}}
	if len(sub.frame) < built.Room()/2 { // the memory of another, larger request
		f.record.Frame = slices.Clone(sub.frame)
	} else {
		f.builder, sub.batch.frame = built, nil
	}
	s.frames, s.bytes = append(s.frames, f), s.bytes+f.room()
	if s.bytes > shelfBytes {
		s.end()
	}
}

// take returns the frames after a position, as far as a block has room for them: none when they are not here. The builders go to giveBack when the frames are
// needed no more.
func (s *shelf) take(after queue.Position) (records []queue.Record, builders []*queue.Builder) {
	if !s.open || s.after != after {
		return nil, nil
	}
	bytes, events := 0, 0
	for _, f := range s.frames {
		bytes, events = bytes+len(f.record.Frame), events+f.record.Made.Events
		if len(records) > 0 && (bytes > blockBytes || events > blockEvents) {
			break
		}
		records, builders = append(records, f.record), append(builders, f.builder)
		s.after, s.bytes = f.record.Position, s.bytes-f.room()
	}
	s.frames = slices.Delete(s.frames, 0, len(records))
	return records, builders
}

// giveBack has builders used again. Nothing of them may be in use.
func (s *shelf) giveBack(builders ...*queue.Builder) {
	for _, b := range builders {
		if b != nil {
			s.builders.Put(b)
		}
	}
}

func (f *shelved) room() int {
	if f.builder == nil {
		return cap(f.record.Frame)
	}
	return f.builder.Room()
}
