package queue

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"math"
	"runtime"
	"sort"
	"time"

	"github.com/google/uuid"
)

// Block is events of the log that a store takes together. Equal cuts are equal events, so a block can be sent again after anything.
type Block struct {
	Cut
	// Again says that the block may have been sent before, by this process or by one before it, to a database that may have been another life of itself.
	Again bool
	// Damaged are the frames whose bytes are not those that were written. They count as frames without events.
	Damaged []Damage

	frames []frame
	rows   int
	bytes  int
	span   span  // of OccurredAt
	lookUp int64 // events that occurred before it may be known
	doubts bool  // some are
}

// Damage is a frame that cannot be read.
type Damage struct {
	Record Record
	Err    error
}

// frame is one of the block's.
type frame struct {
	position Position
	header
	first int // number of its first event among those of the frames
	body  []byte
}

// BlockStore is a store that takes blocks beside single batches. The law of events.Store holds for it.
type BlockStore interface {
	// StoreBlock must store the events of a block, each once, however often it is called for it: by this process or another, after an attempt that failed at any
	// point or whose end nobody saw, and across lives of the database. Once it returns nil all of them are visible to every method of the store.
	// Events of which Row.MayBeKnown is set must be compared with those of the store, and left out when their id is there or stands earlier in the block; the others are
	// new by the caller's word, and comparing them is not needed. It returns the events that were left out, ascending, as Rows counts; a block that is
	// stored again leads to the same answer. One call at a time may be under way for a block that NeedsLookUp; any number for others.
	// After an error the block may be stored by half. One that is not passing (see events.Store) may be the fault of an event, one of time or memory that
	// of the block's size: its events come again in other blocks then, in which all may be known.
	StoreBlock(ctx context.Context, b *Block) (known []int, err error)
	// Latest must return when the latest of all events of all organizations occurred if the store has taken anything in after the block of a number, be it a
	// block or a single batch, and the zero time otherwise. A store that compares all events, whatever Row.MayBeKnown says, may leave batches out.
	Latest(ctx context.Context, after uint64) (time.Time, error)
}

// LookUpMargin is by how much the time of an event may differ between two times that it is sent, corrected by the clock of its source.
const LookUpMargin = time.Hour

// NewBlock reads the frames of a block, which it keeps: their bytes must not change. Beside the events that the index of the log could not judge, those that
// occurred before lookUp may be known to the store; the zero time adds none.
func NewBlock(c Cut, records []Record, lookUp time.Time) *Block {
	b, _ := NewBlockOf(math.MaxInt, c, records, lookUp)
	return b
}

// NewBlockOf is NewBlock of as many of the frames as have so many events together, and of one at least. It returns how many these are.
func NewBlockOf(most int, c Cut, records []Record, lookUp time.Time) (b *Block, frames int) {
	b = &Block{Cut: c, lookUp: math.MinInt64, span: noSpan}
	if !lookUp.IsZero() {
		b.lookUp = lookUp.UnixMicro()
	}
	total := 0
	for i, r := range records {
		runtime.Gosched() // a block is much work, and senders wait for answers
		f, occurred, err := open(r)
		if err == nil && i > 0 && f.count > most-total {
			break
		}
		frames++
		if err != nil {
			b.Damaged = append(b.Damaged, Damage{Err: err, Record: r})
			continue
		}
		f.first = total
		total += f.count
		b.bytes += len(r.Frame)
		b.span = b.span.with(occurred)
		b.doubts = b.doubts || b.doubt(&f.header, occurred.first)
		b.frames = append(b.frames, f)
	}
	b.rows = max(0, min(total, int(c.To))-int(c.From))
	return b, frames
}

// open checks a frame and all of its events, unless this process has made it, and tells when these occurred.
func open(r Record) (frame, span, error) {
	c, h, err := openFrame(r.Frame, r.Made.Events == 0)
	if err != nil {
		return frame{}, noSpan, err
	}
	f := frame{body: r.Frame[headerBytes+c.at:], header: h, position: r.Position}
	if r.Made.Events != 0 {
		return f, span{first: r.Made.First, last: r.Made.Last}, nil
	}
	occurred := noSpan
	for range h.count {
		at := c.skim()
		occurred = occurred.with(span{first: at, last: at})
	}
	if c.bad || c.at != len(c.s) {
		return frame{}, noSpan, ErrCorrupt.With("a frame of %d bytes does not end where its events do", len(r.Frame))
	}
	return f, occurred, nil
}

// span is from the first to the last of some times, in microseconds since the Unix epoch.
type span struct{ first, last int64 }

// noSpan is that of none.
var noSpan = span{first: math.MaxInt64, last: math.MinInt64}

func (s span) with(t span) span { return span{first: min(s.first, t.first), last: max(s.last, t.last)} }

// doubt tells whether an event may be in the store already. The index of the log has judged those that occurred since an instant.
func (b *Block) doubt(h *header, occurred int64) bool {
	return occurred < b.lookUp || occurred < h.since
}

// header is what a frame says of its events.
type header struct {
	organization uuid.UUID
	received     int64
	since        int64 // what occurred before it was not judged
	count        int
}

// openFrame checks the bytes of a frame, if they are not sure, and reads what stands before its events. The cursor counts from the body.
func openFrame(encoded []byte, check bool) (cursor, header, error) {
	if len(encoded) < headerBytes || len(encoded) > MaxFrameBytes ||
		uint64(binary.LittleEndian.Uint32(encoded[4:])) != uint64(len(encoded)-headerBytes) {
		return cursor{}, header{}, ErrCorrupt.With("the length of a frame of %d bytes does not fit", len(encoded))
	}
	if check && crc32.Checksum(encoded[4:], castagnoli) != binary.LittleEndian.Uint32(encoded) {
		return cursor{}, header{}, ErrCorrupt.With("the checksum of a frame of %d bytes does not fit", len(encoded))
	}
	c := cursorOf(encoded[headerBytes:])
	var h header
	kind := c.byte()
	if kind != typeEvents && kind != typeJudged {
		return cursor{}, header{}, ErrCorrupt.With("type %d of a frame is not known", kind)
	}
	c.id(&h.organization)
	h.received = c.varint()
	h.since = math.MaxInt64
	if judged := c.byte() == 1; judged && kind == typeJudged {
		h.since = c.varint()
	}
	c.uvarint() // sent
	c.uvarint() // duplicates
	c.text()    // key
	count := c.uvarint()
	if c.bad || count > uint64(len(c.s)/minEventBytes) {
		return cursor{}, header{}, ErrCorrupt.With("a frame of %d bytes cannot hold %d events", len(encoded), count)
	}
	h.count = int(count)
	return c, h, nil
}

// Len is how many events the block has.
func (b *Block) Len() int { return b.rows }

// Bytes is the size of its frames.
func (b *Block) Bytes() int { return b.bytes }

// Bounds are the first and the last time at which an event of the block's frames occurred, in microseconds since the Unix epoch.
func (b *Block) Bounds() (first, last int64) { return b.span.first, b.span.last }

// Rows yields the events by their numbers in the block, from 0. The row is valid until the next one.
func (b *Block) Rows() iter.Seq2[int, *Row] {
	return func(yield func(int, *Row) bool) {
		var row Row
		for _, f := range b.frames {
			c := cursorOf(f.body)
			row.Organization, row.ReceivedAt = f.organization, f.received
			for i := range f.count {
				c.row(&row)
				row.MayBeKnown = b.doubt(&f.header, row.OccurredAt)
				n := f.first + i - int(b.From)
				if n < 0 {
					continue
				}
				if n >= b.rows || !yield(n, &row) {
					return
				}
			}
		}
	}
}

// Organizations yields those that have events in the block's frames, some of them more than once.
func (b *Block) Organizations() iter.Seq[uuid.UUID] {
	return func(yield func(uuid.UUID) bool) {
		for i := range b.frames {
			if i > 0 && b.frames[i].organization == b.frames[i-1].organization {
				continue
			}
			if !yield(b.frames[i].organization) {
				return
			}
		}
	}
}

// NeedsLookUp tells whether an event of the block's frames may be known.
func (b *Block) NeedsLookUp() bool { return b.doubts }

// Place returns the number in the block of a frame's first event, which may lie before the block, where From is not 0, or behind it; and false for a frame
// that the block does not have.
func (b *Block) Place(p Position) (int, bool) {
	i := sort.Search(len(b.frames), func(i int) bool { return b.frames[i].position >= p })
	if i == len(b.frames) || b.frames[i].position != p {
		return 0, false
	}
	return b.frames[i].first - int(b.From), true
}
