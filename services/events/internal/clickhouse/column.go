package clickhouse

import (
	"encoding/binary"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
)

// The columns of blocks hold what goes over the wire, so that sending them copies nothing, and are used again for the next block.
var (
	_ proto.ColInput     = (*textColumn)(nil)
	_ proto.ColInput     = (*idColumn)(nil)
	_ proto.ColInput     = (*wordColumn)(nil)
	_ proto.StateEncoder = (*wordColumn)(nil)
	_ proto.ColInput     = (*listColumn)(nil)
)

// textColumn is a column of type String.
type textColumn struct {
	wire []byte
	rows int
}

func (c *textColumn) add(s string) {
	if need := len(s) + binary.MaxVarintLen64; cap(c.wire)-len(c.wire) < need {
		c.wire = slices.Grow(c.wire, max(need, cap(c.wire))) // twice as large: a column has megabytes, and append would copy them many times
	}
	c.wire = append(binary.AppendUvarint(c.wire, uint64(len(s))), s...)
	c.rows++
}

func (c *textColumn) reset() { c.wire, c.rows = c.wire[:0], 0 }

// Type implements proto.ColInput, as do the methods below.
func (*textColumn) Type() proto.ColumnType { return proto.ColumnTypeString }

// Rows counts texts.
func (c *textColumn) Rows() int { return c.rows }

// EncodeColumn is for compressed blocks.
func (c *textColumn) EncodeColumn(b *proto.Buffer) { b.PutRaw(c.wire) }

// WriteColumn is for others.
func (c *textColumn) WriteColumn(w *proto.Writer) { w.ChainWrite(c.wire) }

// idColumn is a column of type UUID: two little-endian halves.
type idColumn struct{ wire []byte }

func (c *idColumn) add(id *uuid.UUID) {
	n := len(c.wire)
	c.wire = append(c.wire, id[:]...)
	row := c.wire[n:]
	binary.LittleEndian.PutUint64(row, binary.BigEndian.Uint64(id[:8]))
	binary.LittleEndian.PutUint64(row[8:], binary.BigEndian.Uint64(id[8:]))
}

// grow makes room for more rows.
func (c *idColumn) grow(rows int) { c.wire = slices.Grow(c.wire, rows*len(uuid.UUID{})) }

func (c *idColumn) reset() { c.wire = c.wire[:0] }

// Type implements proto.ColInput, as do the methods below.
func (*idColumn) Type() proto.ColumnType { return proto.ColumnTypeUUID }

// Rows counts ids.
func (c *idColumn) Rows() int { return len(c.wire) / len(uuid.UUID{}) }

// EncodeColumn is for compressed blocks.
func (c *idColumn) EncodeColumn(b *proto.Buffer) { b.PutRaw(c.wire) }

// WriteColumn is for others.
func (c *idColumn) WriteColumn(w *proto.Writer) { w.ChainWrite(c.wire) }

// wordColumn is a column of type LowCardinality(String).
type wordColumn struct {
	words  map[string]uint32
	recent recent[uint32]
	keys   []uint32
	raw    proto.ColLowCardinalityRaw
	index  textColumn
}

func (c *wordColumn) add(s string) {
	met := c.recent.at(s)
	if met.is(s) {
		c.keys = append(c.keys, met.value)
		return
	}
	key, known := c.words[s]
	if !known {
		if c.words == nil {
			c.words = make(map[string]uint32)
		}
		key = uint32(len(c.words))
		c.words[s] = key
		c.index.add(s)
	}
	c.keys = append(c.keys, key)
	met.set(s, key)
}

// reset lets go of the words, which are parts of frames.
func (c *wordColumn) reset() {
	clear(c.words)
	c.recent = recent[uint32]{}
	c.keys = c.keys[:0]
	c.index.reset()
}

// EncodeState implements proto.StateEncoder.
func (c *wordColumn) EncodeState(b *proto.Buffer) { c.raw.EncodeState(b) }

// Type implements proto.ColInput, as do the methods below.
func (*wordColumn) Type() proto.ColumnType {
	return proto.ColumnTypeLowCardinality.Sub(proto.ColumnTypeString)
}

// Rows counts words.
func (c *wordColumn) Rows() int { return len(c.keys) }

// EncodeColumn is for compressed blocks.
func (c *wordColumn) EncodeColumn(b *proto.Buffer) {
	c.pack()
	b.PutInt64(c.meta())
	b.PutInt64(int64(c.index.rows))
	c.index.EncodeColumn(b)
	b.PutInt64(int64(len(c.keys)))
	c.raw.Keys().EncodeColumn(b)
}

// WriteColumn is for others.
func (c *wordColumn) WriteColumn(w *proto.Writer) {
	c.pack()
	w.ChainBuffer(func(b *proto.Buffer) {
		b.PutInt64(c.meta())
		b.PutInt64(int64(c.index.rows))
	})
	c.index.WriteColumn(w)
	w.ChainBuffer(func(b *proto.Buffer) { b.PutInt64(int64(len(c.keys))) })
	c.raw.Keys().WriteColumn(w)
}

// ownDictionary says that the words of the block come with it, and that there are no others.
const ownDictionary = 1<<9 | 1<<10

func (c *wordColumn) meta() int64 { return ownDictionary | int64(c.raw.Key) }

// pack makes the keys as narrow as the number of words allows.
func (c *wordColumn) pack() {
	c.raw.Keys8.Reset()
	c.raw.Keys16.Reset()
	switch {
	case len(c.words) <= 1<<8:
		c.raw.Key = proto.KeyUInt8
		for _, k := range c.keys {
			c.raw.Keys8 = append(c.raw.Keys8, uint8(k))
		}
	case len(c.words) <= 1<<16:
		c.raw.Key = proto.KeyUInt16
		for _, k := range c.keys {
			c.raw.Keys16 = append(c.raw.Keys16, uint16(k))
		}
	default:
		c.raw.Key, c.raw.Keys32 = proto.KeyUInt32, c.keys
	}
}

// listColumn is a column of type Array(String).
type listColumn struct {
	ends  proto.ColUInt64
	texts textColumn
}

func (c *listColumn) add(list []string) {
	for _, s := range list {
		c.texts.add(s)
	}
	c.ends = append(c.ends, uint64(c.texts.rows))
}

func (c *listColumn) reset() {
	c.ends.Reset()
	c.texts.reset()
}

// Type implements proto.ColInput, as do the methods below.
func (*listColumn) Type() proto.ColumnType {
	return proto.ColumnTypeArray.Sub(proto.ColumnTypeString)
}

// Rows counts lists.
func (c *listColumn) Rows() int { return len(c.ends) }

// EncodeColumn is for compressed blocks.
func (c *listColumn) EncodeColumn(b *proto.Buffer) {
	c.ends.EncodeColumn(b)
	c.texts.EncodeColumn(b)
}

// WriteColumn is for others.
func (c *listColumn) WriteColumn(w *proto.Writer) {
	c.ends.WriteColumn(w)
	c.texts.WriteColumn(w)
}
