package columns

import (
	"encoding/binary"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
)

// fixedColumn is a column of values of one size, little-endian.
type fixedColumn struct {
	kind proto.ColumnType
	size int
	even bool // all values are the same
	wire []byte
}

func (c *fixedColumn) addByte(n uint8) { c.wire = append(c.wire, n) }

func (c *fixedColumn) addShort(n uint16) { c.wire = binary.LittleEndian.AppendUint16(c.wire, n) }

func (c *fixedColumn) addLong(n uint64) { c.wire = binary.LittleEndian.AppendUint64(c.wire, n) }

// addID adds a UUID, which goes as two halves.
func (c *fixedColumn) addID(id *uuid.UUID) {
	c.addLong(binary.BigEndian.Uint64(id[:8]))
	c.addLong(binary.BigEndian.Uint64(id[8:]))
}

// long is a value of eight bytes.
func (c *fixedColumn) long(row uint32) uint64 { return binary.LittleEndian.Uint64(c.wire[row*8:]) }

// major is the half of a UUID that counts first where the server compares them, the second.
func (c *fixedColumn) major(row uint32) uint64 { return binary.LittleEndian.Uint64(c.wire[row*16+8:]) }

// count is how many values there are.
func (c *fixedColumn) count() int { return len(c.wire) / c.size }

// grow makes room for more rows, so that a column grows once and not many times.
func (c *fixedColumn) grow(rows int) { c.wire = slices.Grow(c.wire, rows*c.size) }

func (c *fixedColumn) reset() { c.wire = c.wire[:0] }

func (c *fixedColumn) gather(b *proto.Buffer, rows []uint32) {
	to := extend(b, len(rows)*c.size)
	switch c.size {
	case 1:
		for i, row := range rows {
			to[i] = c.wire[row]
		}
	case 8:
		for i, row := range rows {
			binary.LittleEndian.PutUint64(to[i*8:], c.long(row))
		}
	case 16:
		for i, row := range rows {
			at := to[i*16:][:16]
			id := c.wire[row*16:][:16]
			binary.LittleEndian.PutUint64(at, binary.LittleEndian.Uint64(id))
			binary.LittleEndian.PutUint64(at[8:], binary.LittleEndian.Uint64(id[8:]))
		}
	default:
		for i, row := range rows {
			copy(to[i*c.size:], c.wire[int(row)*c.size:][:c.size])
		}
	}
}

// Type implements column.
func (c *fixedColumn) Type() proto.ColumnType { return c.kind }
