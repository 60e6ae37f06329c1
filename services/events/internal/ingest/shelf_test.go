package ingest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// written is a log of which only reading is asked.
type written struct {
	queue.Queue
	records []queue.Record
	reads   int
}

// Read returns few frames at a time.
func (w *written) Read(_ context.Context, after, upTo queue.Position, _ int, _ []byte) (found []queue.Record, err error) {
	w.reads++
	for _, r := range w.records {
		if r.Position > after && r.Position <= upTo && len(found) < 5 {
			found = append(found, r)
		}
	}
	return found, nil
}

// Stats says that little waits.
func (*written) Stats() queue.Stats { return queue.Stats{} }

// shelving is a drain that follows a log of frames without their senders.
type shelving struct {
	t       *testing.T
	d       *drain
	log     *written
	pool    sync.Pool
	random  *rand.Rand
	last    queue.Position
	checked int // frames that were in blocks
}

func newShelving(t *testing.T) *shelving {
	t.Helper()
	s := &shelving{t: t, log: new(written), random: rand.New(rand.NewPCG(1, 2))}
	s.d = newDrain(Log{Queue: s.log})
	s.d.shelf.builders = &s.pool
	return s
}

// append makes a frame durable that has a name of so many bytes.
func (s *shelving) append(size int) {
	s.last += queue.Position(1 + s.random.IntN(3)) // positions may have gaps
	b, _ := s.pool.Get().(*queue.Builder)
	if b == nil {
		b = new(queue.Builder)
	}
	b.Reset("key")
	b.Append(&events.Event{Name: strings.Repeat("x", size)})
	sub := &submission{batch: &batch{frame: b}, frame: b.Frame(queue.Frame{}), fresh: 1, position: s.last}
	s.log.records = append(s.log.records, queue.Record{Frame: bytes.Clone(sub.frame), Position: s.last})
	s.d.follow(flight{last: s.last, submissions: []*submission{sub}})
	if sub.batch.frame != nil {
		s.pool.Put(b)
	}
}

// skip makes a position durable that has no frame.
func (s *shelving) skip() {
	s.last++
	s.d.follow(flight{last: s.last})
}

// cut takes the next frames.
func (s *shelving) cut() (records []queue.Record, m memory) {
	records, m, err := s.d.frames(s.t.Context())
	require.NoError(s.t, err)
	if len(records) > 0 {
		s.d.cutTo = records[len(records)-1].Position
	}
	return records, m
}

// check compares frames with those of the log that are next.
func (s *shelving) check(records []queue.Record) {
	for _, r := range records {
		want := s.log.records[s.checked]
		require.Equal(s.t, want.Position, r.Position)
		require.Equal(s.t, want.Frame, r.Frame)
		s.checked++
	}
}

// Whatever is on the shelf, blocks have each frame once and in its order, and its memory is not used again before the block is done.
func TestFramesComeFromTheShelfOrFromTheLog(t *testing.T) {
	t.Parallel()
	s := newShelving(t)
	type block struct {
		records []queue.Record
		memory  memory
	}
	var waiting []block
	own, read := 0, 0
	for range 20_000 {
		switch at := s.random.IntN(100); {
		case at < 75:
			s.append(s.random.IntN(300))
		case at < 77:
			s.skip()
		case at < 90:
			records, m := s.cut()
			waiting = append(waiting, block{records, m})
			for _, r := range records {
				if r.Made.Events > 0 {
					own++
				} else {
					read++
				}
			}
		case at < 98 && len(waiting) > 0:
			s.check(waiting[0].records)
			s.d.free(waiting[0].memory)
			waiting = waiting[1:]
		case at == 98: // a block whose bounds could not be kept
			cutTo := s.d.cutTo
			_, m := s.cut()
			s.d.free(m)
			s.d.cutTo = cutTo
		case at == 99: // more came than there is room for
			s.d.mu.Lock()
			s.d.shelf.end()
			s.d.mu.Unlock()
		}
	}
	for _, b := range waiting {
		s.check(b.records)
	}
	for records, _ := s.cut(); len(records) > 0; records, _ = s.cut() {
		s.check(records)
	}
	require.Len(t, s.log.records, s.checked)
	require.Greater(t, own, 1000)
	require.Greater(t, read, 1000)
}

func TestAShelfIsNotReadWhileItKeepsUp(t *testing.T) {
	t.Parallel()
	s := newShelving(t)
	s.append(1)
	s.cut()
	require.Equal(t, 1, s.log.reads, "what is there when it begins")
	for range 100 {
		s.append(1)
		s.append(1000)
		records, m := s.cut()
		require.Len(t, records, 2)
		s.d.free(m)
	}
	require.Equal(t, 1, s.log.reads)
}

func TestAShelfMayBeginWhereThereIsNoFrame(t *testing.T) {
	t.Parallel()
	s := newShelving(t)
	s.skip()
	records, _ := s.cut()
	require.Empty(t, records)
	s.append(1)
	records, _ = s.cut()
	require.Len(t, records, 1)
	s.check(records)
}

func TestAShelfThatIsFullHoldsNothing(t *testing.T) {
	t.Parallel()
	s := newShelving(t)
	s.append(1)
	s.cut()
	const large = 8 << 20
	for range shelfBytes/large - 2 {
		s.append(large)
	}
	require.NotEmpty(t, s.d.shelf.frames)
	require.LessOrEqual(t, s.d.shelf.bytes, shelfBytes)
	s.append(large)
	s.append(large)
	require.Empty(t, s.d.shelf.frames)
	require.Zero(t, s.d.shelf.bytes)
	s.check(s.log.records[:1])
	for records, _ := s.cut(); len(records) > 0; records, _ = s.cut() {
		s.check(records)
	}
	require.Len(t, s.log.records, s.checked)
}

// A frame that is much smaller than the memory that it was made in, as one after a larger request is, does not hold it.
func TestASmallFrameHoldsNoLargeMemory(t *testing.T) {
	t.Parallel()
	s := newShelving(t)
	s.append(1)
	s.cut()
	large := new(queue.Builder)
	large.Grow(1 << 20)
	s.pool.Put(large)
	for range 100 {
		s.append(1)
	}
	require.Less(t, s.d.shelf.bytes, 1<<20)
}
