package columns

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// wordColumn is a column of type LowCardinality(String).
type wordColumn struct {
	words  map[string]uint32
	recent recent[uint32]
	last   string   // of the rows
	keys   []uint32 // of the rows
	index  textColumn
}

func (c *wordColumn) add(s string) {
	if s == c.last && len(c.keys) > 0 { // the events of a sender have much in common
		c.keys = append(c.keys, c.keys[len(c.keys)-1])
		return
	}
	c.last = s
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
	c.keys, c.last = c.keys[:0], ""
	c.index.reset()
}

// list is the words by their keys.
func (c *wordColumn) list() []string {
	list := make([]string, len(c.words))
	for word, key := range c.words {
		list[key] = word
	}
	return list
}

// EncodeState implements proto.StateEncoder.
func (*wordColumn) EncodeState(b *proto.Buffer) { new(proto.ColLowCardinalityRaw).EncodeState(b) }

// Type implements column.
func (*wordColumn) Type() proto.ColumnType {
	return proto.ColumnTypeLowCardinality.Sub(proto.ColumnTypeString)
}

// ownDictionary says that the words of the block come with it, and that there are no others.
const ownDictionary = 1<<9 | 1<<10

func (c *wordColumn) gather(b *proto.Buffer, rows []uint32) {
	b.PutInt64(ownDictionary | int64(c.width()))
	b.PutInt64(int64(c.index.count()))
	b.PutRaw(c.index.wire)
	b.PutInt64(int64(len(rows)))
	switch c.width() {
	case proto.KeyUInt8:
		for i, to := 0, extend(b, len(rows)); i < len(rows); i++ {
			to[i] = uint8(c.keys[rows[i]])
		}
	case proto.KeyUInt16:
		for i, to := 0, extend(b, len(rows)*2); i < len(rows); i++ {
			binary.LittleEndian.PutUint16(to[i*2:], uint16(c.keys[rows[i]]))
		}
	default:
		for i, to := 0, extend(b, len(rows)*4); i < len(rows); i++ {
			binary.LittleEndian.PutUint32(to[i*4:], c.keys[rows[i]])
		}
	}
}

// width is as narrow as the number of words allows.
func (c *wordColumn) width() proto.CardinalityKey {
	switch {
	case len(c.words) <= 1<<8:
		return proto.KeyUInt8
	case len(c.words) <= 1<<16:
		return proto.KeyUInt16
	default:
		return proto.KeyUInt32
	}
}
