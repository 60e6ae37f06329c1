package seglog

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/google/uuid"

	"devtrail.dev/services/events/internal/queue"
)

// A record is, little-endian: a CRC-32C of all that follows, its length, the number of its segment, which tells it from what a file that is used again held
// before, its kind, and what belongs to the kind.
//
//   - A group is an append: its hour, how many entries it has, the position of the first, their table, all ids, all frames.
//   - A state is the next position, how far frames are committed, and the bounds of blocks.
const (
	recordBytes = 4 + 4 + 8 + 4
	groupBytes  = recordBytes + 4 + 4 + 8
	entryBytes  = 16 + 8 + 4 + 4 // in the table: organization, when received, number of ids, bytes of the frame
	stateBytes  = recordBytes + 8 + 8
	idBytes     = 16
)

// The kinds of records.
const (
	groupKind = 1
	stateKind = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// groupSize is the size of the record of an append.
func groupSize(entries []queue.Entry) int64 {
	n := int64(groupBytes)
	for i := range entries {
		n += entryBytes + int64(idBytes*len(entries[i].IDs)) + int64(len(entries[i].Frame))
	}
	return n
}

// appendGroup writes the record of an append.
func appendGroup(dst []byte, segment uint64, hour uint32, first queue.Position, entries []queue.Entry) []byte {
	start := len(dst)
	dst = appendHead(dst, segment, groupKind)
	dst = binary.LittleEndian.AppendUint32(dst, hour)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(entries)))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(first))
	for i := range entries {
		e := &entries[i]
		dst = append(dst, e.Organization[:]...)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Received.UnixMicro()))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.IDs)))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.Frame)))
	}
	for i := range entries {
		for j := range entries[i].IDs {
			dst = append(dst, entries[i].IDs[j][:]...)
		}
	}
	for i := range entries {
		dst = append(dst, entries[i].Frame...)
	}
	return sealRecord(dst, start)
}

// appendState writes the record of a state.
func appendState(dst []byte, segment uint64, next, committed queue.Position, cuts []byte) []byte {
	start := len(dst)
	dst = appendHead(dst, segment, stateKind)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(next))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(committed))
	dst = append(dst, cuts...)
	return sealRecord(dst, start)
}

func appendHead(dst []byte, segment uint64, kind uint32) []byte {
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, segment)
	return binary.LittleEndian.AppendUint32(dst, kind)
}

func sealRecord(dst []byte, start int) []byte {
	record := dst[start:]
	binary.LittleEndian.PutUint32(record[4:], uint32(len(record)))
	binary.LittleEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
	return dst
}

// record is one that was read and checked.
type record []byte

// head is the length and the segment that the first bytes of a record name.
func (r record) head() (length int64, segment uint64) {
	return int64(binary.LittleEndian.Uint32(r[4:])), binary.LittleEndian.Uint64(r[8:])
}

func (r record) kind() uint32 { return binary.LittleEndian.Uint32(r[16:]) }

// sound tells whether the record is what was written.
func (r record) sound() bool {
	if crc32.Checksum(r[4:], castagnoli) != binary.LittleEndian.Uint32(r) {
		return false
	}
	switch r.kind() {
	case stateKind:
		return len(r) >= stateBytes
	case groupKind:
		if len(r) < groupBytes || r.count() > (len(r)-groupBytes)/entryBytes {
			return false
		}
		n := int64(groupBytes)
		for i := range r.count() {
			e := r.entry(i)
			n += entryBytes + int64(e.ids)*idBytes + int64(e.frame)
		}
		return n == int64(len(r))
	default:
		return false
	}
}

// The fields of a group.

func (r record) hour() uint32 { return binary.LittleEndian.Uint32(r[recordBytes:]) }

func (r record) count() int { return int(binary.LittleEndian.Uint32(r[recordBytes+4:])) }

func (r record) first() queue.Position {
	return queue.Position(binary.LittleEndian.Uint64(r[recordBytes+8:]))
}

// tableEntry is what the table says of an entry.
type tableEntry struct {
	organization uuid.UUID
	received     int64 // microseconds
	ids, frame   uint32
}

func (r record) entry(i int) tableEntry {
	b := r[groupBytes+i*entryBytes:]
	return tableEntry{
		organization: uuid.UUID(b[:16]), received: int64(binary.LittleEndian.Uint64(b[16:])),
		ids: binary.LittleEndian.Uint32(b[24:]), frame: binary.LittleEndian.Uint32(b[28:]),
	}
}

// ids returns where the ids of all entries begin, and how many bytes they are.
func (r record) ids() (from, size int) {
	for i := range r.count() {
		size += int(r.entry(i).ids) * idBytes
	}
	return groupBytes + r.count()*entryBytes, size
}

// The fields of a state.

func (r record) next() queue.Position {
	return queue.Position(binary.LittleEndian.Uint64(r[recordBytes:]))
}

func (r record) committed() queue.Position {
	return queue.Position(binary.LittleEndian.Uint64(r[recordBytes+8:]))
}

func (r record) cuts() []byte { return r[stateBytes:] }
