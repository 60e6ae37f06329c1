package columns

import (
	"encoding/binary"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
)

// textColumn is a column of type String.
type textColumn struct {
	wire []byte
	ends []uint32 // of each text in wire, which has less than 4 GiB: a block has
}

func (c *textColumn) add(s string) {
	c.room(len(s) + binary.MaxVarintLen64)
	c.wire = append(binary.AppendUvarint(c.wire, uint64(len(s))), s...)
	c.ends = append(c.ends, uint32(len(c.wire)))
}

// room makes a column twice as large when it is full: it has megabytes, and append would copy them many times.
func (c *textColumn) room(need int) {
	if cap(c.wire)-len(c.wire) < need {
		c.wire = slices.Grow(c.wire, max(need, cap(c.wire)))
	}
}

// count is how many texts there are.
func (c *textColumn) count() int { return len(c.ends) }

// encoded is what some texts that follow each other are on the wire.
func (c *textColumn) encoded(from, before uint32) []byte {
	return c.wire[c.start(from):c.start(before)]
}

// start is where a text begins, and the one before it ends.
func (c *textColumn) start(row uint32) uint32 {
	if row == 0 {
		return 0
	}
	return c.ends[row-1]
}

func (c *textColumn) reset() { c.wire, c.ends = c.wire[:0], c.ends[:0] }

func (c *textColumn) gather(b *proto.Buffer, rows []uint32) {
	if len(c.wire) == len(c.ends) { // all are empty
		clear(extend(b, len(rows)))
		return
	}
	b.Buf = slices.Grow(b.Buf, len(c.wire)/len(c.ends)*len(rows))
	for i, row := range rows {
		yield(i)
		b.Buf = append(b.Buf, c.encoded(row, row+1)...)
	}
}

// Type implements column.
func (*textColumn) Type() proto.ColumnType { return proto.ColumnTypeString }

// listColumn is a column of type Array(String).
type listColumn struct {
	ends  []uint32 // of each list in texts
	texts textColumn
}

// add returns the number of the list.
func (c *listColumn) add(list []string) uint32 {
	for _, s := range list {
		c.texts.add(s)
	}
	c.ends = append(c.ends, uint32(c.texts.count()))
	return uint32(len(c.ends) - 1)
}

func (c *listColumn) reset() {
	c.ends = c.ends[:0]
	c.texts.reset()
}

// list is the numbers of a list's texts.
func (c *listColumn) list(row uint32) (from, before uint32) {
	if row > 0 {
		from = c.ends[row-1]
	}
	return from, c.ends[row]
}

func (c *listColumn) gather(b *proto.Buffer, rows []uint32) {
	sums, total := extend(b, len(rows)*8), uint64(0)
	for i, row := range rows {
		from, before := c.list(row)
		total += uint64(before - from)
		binary.LittleEndian.PutUint64(sums[i*8:], total)
	}
	b.Buf = slices.Grow(b.Buf, len(c.texts.wire)/max(len(c.ends), 1)*len(rows))
	for i, row := range rows {
		yield(i)
		b.Buf = append(b.Buf, c.texts.encoded(c.list(row))...)
	}
}

// Type implements column.
func (*listColumn) Type() proto.ColumnType {
	return proto.ColumnTypeArray.Sub(proto.ColumnTypeString)
}
