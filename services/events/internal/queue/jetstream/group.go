package jetstream

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/internal/queue"
)

// A position is the sequence of the first message of an append, and the number of the entry in it.
const entryBits = 16

// maxEntries is how many entries an append may have.
const maxEntries = 1 << entryBits

func positionOf(sequence uint64, entry int) queue.Position {
	return queue.Position(sequence<<entryBits | uint64(entry))
}

func sequenceOf(p queue.Position) uint64 { return uint64(p) >> entryBits }

// A message is one piece of an append, which may be larger than a broker takes at once: kind, writer, number of the piece, number of pieces, bytes.
const (
	kindPiece = 1 // of an append
	kindOpen  = 2 // what a new owner writes first; it has no bytes
)

// pieceHeader is the bytes before a piece.
const pieceHeader = 1 + 16 + 4 + 4

func encodePiece(kind byte, writer uuid.UUID, number, of int, bytes []byte) []byte {
	dst := make([]byte, 0, pieceHeader+len(bytes))
	dst = append(append(dst, kind), writer[:]...)
	dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, uint32(number)), uint32(of))
	return append(dst, bytes...)
}

// piece is a message that was read.
type piece struct {
	kind       byte
	number, of int
	bytes      []byte
}

// pieceOf reads a message; what is none of ours has no kind.
func pieceOf(data []byte) piece {
	if len(data) < pieceHeader {
		return piece{}
	}
	return piece{
		kind: data[0], number: int(binary.BigEndian.Uint32(data[17:])), of: int(binary.BigEndian.Uint32(data[21:])), bytes: data[pieceHeader:],
	}
}

// encodeGroup writes the entries of an append: the hour, then of each the time, organization, ids and frame.
func encodeGroup(hour uint32, entries []queue.Entry) []byte {
	size := 4
	for _, e := range entries {
		size += 8 + 16 + 4 + 16*len(e.IDs) + 4 + len(e.Frame)
	}
	dst := binary.BigEndian.AppendUint32(make([]byte, 0, size), hour)
	for _, e := range entries {
		dst = binary.BigEndian.AppendUint64(dst, uint64(e.Received.UnixMicro()))
		dst = append(dst, e.Organization[:]...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.IDs)))
		for _, id := range e.IDs {
			dst = append(dst, id[:]...)
		}
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(e.Frame))), e.Frame...)
	}
	return dst
}

// decodeGroup reads what encodeGroup wrote. Frames share its memory. The error is ErrCorrupt.
func decodeGroup(encoded []byte) (hour uint32, entries []queue.Entry, err error) {
	r := cursor{rest: encoded}
	hour = uint32(r.number(4))
	for len(r.rest) > 0 && !r.failed {
		e := queue.Entry{Received: time.UnixMicro(int64(r.number(8))).UTC()}
		copy(e.Organization[:], r.take(16))
		ids := r.take(16 * int(r.number(4)))
		e.IDs = idsOf(ids)
		e.Frame = r.take(int(r.number(4)))
		entries = append(entries, e)
	}
	if r.failed || len(entries) == 0 {
		return 0, nil, queue.ErrCorrupt.With("%d bytes are not an append", len(encoded))
	}
	return hour, entries, nil
}

func idsOf(encoded []byte) []uuid.UUID {
	ids := make([]uuid.UUID, len(encoded)/16)
	for i := range ids {
		copy(ids[i][:], encoded[16*i:])
	}
	return ids
}

// cursor takes values off the front. After the first that is not there all others are empty.
type cursor struct {
	rest   []byte
	failed bool
}

func (r *cursor) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.failed, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *cursor) number(bytes int) (n uint64) {
	for _, b := range r.take(bytes) {
		n = n<<8 | uint64(b)
	}
	return n
}

// weight is what an entry takes of the budget.
func weight(e queue.Entry) int64 { return int64(len(e.Frame)) + 8 }
