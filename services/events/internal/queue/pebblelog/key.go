package pebblelog

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/internal/queue"
)

// The first byte of a key says what it is: how far the frames are committed, the bounds of blocks, a frame by its position, ids by hour and position.
const (
	committedKey = 'c'
	cutsKey      = 'b'
	framePrefix  = 'f'
	memoryPrefix = 'm'
)

func appendPosition(dst []byte, p queue.Position) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(p))
}

func positionOf(b []byte) queue.Position {
	if len(b) != 8 {
		return 0
	}
	return queue.Position(binary.BigEndian.Uint64(b))
}

func frameKey(p queue.Position) []byte { return appendPosition([]byte{framePrefix}, p) }

func hourKey(hour uint32) []byte { return binary.BigEndian.AppendUint32([]byte{memoryPrefix}, hour) }

func memoryKey(hour uint32, p queue.Position) []byte { return appendPosition(hourKey(hour), p) }

func hourOf(key []byte) uint32 { return binary.BigEndian.Uint32(key[1:]) }

// appendMemory writes an organization and ids, 16 bytes each.
func appendMemory(dst []byte, organization uuid.UUID, ids []uuid.UUID) []byte {
	dst = append(dst, organization[:]...)
	for i := range ids {
		dst = append(dst, ids[i][:]...)
	}
	return dst
}

func memoryOf(hour uint32, value []byte) (queue.Memory, error) {
	const size = len(uuid.UUID{})
	if len(value) == 0 || len(value)%size != 0 {
		return queue.Memory{}, queue.ErrCorrupt.With("%d bytes are not a list of ids", len(value))
	}
	m := queue.Memory{Hour: hour, Organization: uuid.UUID(value[:size]), IDs: make([]uuid.UUID, 0, len(value)/size-1)}
	for rest := value[size:]; len(rest) > 0; rest = rest[size:] {
		m.IDs = append(m.IDs, uuid.UUID(rest[:size]))
	}
	return m, nil
}

// receivedBytes stand before each frame: when it was received, so that the age of what waits is known without reading frames.
const receivedBytes = 8

func receivedOf(value []byte) time.Time {
	if len(value) < receivedBytes {
		return time.Time{}
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(value))).UTC()
}
