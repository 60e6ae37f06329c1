package queue

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/google/uuid"
)

// Cut is the bounds of a block: some of the events of the frames after one position up to another, inclusive. The frames of a log never change, so a cut
// stands for the same events for ever, and so may the token under which a store takes them.
type Cut struct {
	// Number names the block. Whoever cuts gives it; it ascends with time and is never given twice, in whatever log.
	Number uint64
	After  Position
	UpTo   Position
	// From and To count the events of those frames, in their order: the block has the events from From, and those before To. To is AllEvents for the rest of
	// them. A damaged frame counts as none.
	From, To uint32
}

// AllEvents is the To of a block that ends with its frames.
const AllEvents uint32 = math.MaxUint32

// Mark returns a cut without frames that keeps a time beside the bounds of blocks: events that occurred before it may be in the store, although the log
// has never had them, or does not remember them. The zero time marks nothing.
func Mark(t time.Time) Cut {
	if t.IsZero() {
		return Cut{}
	}
	return Cut{Number: uint64(t.UnixMicro())}
}

// Marked returns the time of a mark, and whether the cut is one.
func (c Cut) Marked() (time.Time, bool) {
	switch {
	case c.UpTo != 0 || c.IsFar():
		return time.Time{}, false
	case c.Number == 0:
		return time.Time{}, true
	default:
		return time.UnixMicro(int64(c.Number)).UTC(), true
	}
}

// Far returns a cut without frames that keeps until when, by the clocks of their senders, events of an organization may be known that the log does not remember.
func Far(organization uuid.UUID, until time.Time) Cut {
	return Cut{
		Number: uint64(until.UnixMicro()), After: Position(binary.BigEndian.Uint64(organization[:])),
		From: binary.BigEndian.Uint32(organization[8:]), To: binary.BigEndian.Uint32(organization[12:]),
	}
}

// IsFar tells whether Far made the cut. A mark has a number alone.
func (c Cut) IsFar() bool { return c.UpTo == 0 && (c.After != 0 || c.From != 0 || c.To != 0) }

// Far returns what Far was given, false for another cut.
func (c Cut) Far() (organization uuid.UUID, until time.Time, is bool) {
	if !c.IsFar() {
		return uuid.Nil, time.Time{}, false
	}
	binary.BigEndian.PutUint64(organization[:], uint64(c.After))
	binary.BigEndian.PutUint32(organization[8:], c.From)
	binary.BigEndian.PutUint32(organization[12:], c.To)
	return organization, time.UnixMicro(int64(c.Number)).UTC(), true
}

// cutBytes is the size of an encoded cut.
const cutBytes = 3*8 + 2*4

// EncodeCuts writes cuts as a log may keep them.
func EncodeCuts(cuts []Cut) []byte {
	dst := make([]byte, 0, len(cuts)*cutBytes)
	for _, c := range cuts {
		for _, n := range [...]uint64{c.Number, uint64(c.After), uint64(c.UpTo)} {
			dst = binary.BigEndian.AppendUint64(dst, n)
		}
		dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, c.From), c.To)
	}
	return dst
}

// DecodeCuts reads what EncodeCuts wrote. The error is ErrCorrupt.
func DecodeCuts(encoded []byte) ([]Cut, error) {
	if len(encoded)%cutBytes != 0 {
		return nil, ErrCorrupt.With("%d bytes are not bounds of blocks", len(encoded))
	}
	var cuts []Cut
	for rest := encoded; len(rest) > 0; rest = rest[cutBytes:] {
		cuts = append(cuts, Cut{
			Number: binary.BigEndian.Uint64(rest), After: Position(binary.BigEndian.Uint64(rest[8:])), UpTo: Position(binary.BigEndian.Uint64(rest[16:])),
			From: binary.BigEndian.Uint32(rest[24:]), To: binary.BigEndian.Uint32(rest[28:]),
		})
	}
	return cuts, nil
}
