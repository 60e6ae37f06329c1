package columns

import (
	"slices"

	"github.com/ClickHouse/ch-go/proto"
)

// column is what the events of a block have in one place. Its rows are sent in an order that is known only when all have come, see picked; it is used again for
// the next block.
type column interface {
	Type() proto.ColumnType
	// gather writes the values of some rows, as they go over the wire, in the order in which they are named.
	gather(b *proto.Buffer, rows []uint32)
	reset()
}

var (
	_ column             = (*fixedColumn)(nil)
	_ column             = (*textColumn)(nil)
	_ column             = (*listColumn)(nil)
	_ column             = (*wordColumn)(nil)
	_ column             = (*repeated)(nil)
	_ proto.StateEncoder = (*wordColumn)(nil)
	_ proto.ColInput     = picked{}
	_ proto.StateEncoder = picked{}
)

// named is a column with its name in a table.
type named struct {
	name string
	column
}

// inOrder is the rows of columns that are named, in that order.
func inOrder(rows []uint32, columns ...named) proto.Input {
	list := make(proto.Input, len(columns))
	for i, c := range columns {
		list[i] = proto.InputColumn{Name: c.name, Data: picked{column: c.column, rows: rows}}
	}
	return list
}

// picked is some rows of a column in an order, as they are sent.
type picked struct {
	column

	rows []uint32
}

// Rows counts those that are picked.
func (p picked) Rows() int { return len(p.rows) }

// EncodeState implements proto.StateEncoder where the column does.
func (p picked) EncodeState(b *proto.Buffer) {
	if c, has := p.column.(proto.StateEncoder); has {
		c.EncodeState(b)
	}
}

// EncodeColumn is for compressed blocks.
func (p picked) EncodeColumn(b *proto.Buffer) { p.gather(b, p.rows) }

// WriteColumn is for others.
func (p picked) WriteColumn(w *proto.Writer) {
	if c, is := p.column.(*fixedColumn); is && c.even && len(p.rows) <= c.count() {
		w.ChainWrite(c.wire[:len(p.rows)*c.size])
		return
	}
	w.ChainBuffer(p.EncodeColumn)
}

// repeated is a column of values of which most stand in many rows: each is kept once, and copied from where the processor has it at hand.
type repeated struct {
	column // the values, which whoever knows them adds and forgets

	rows []uint32 // by their numbers among the values
	some []uint32 // those of gather
}

func (c *repeated) add(value uint32) { c.rows = append(c.rows, value) }

func (c *repeated) reset() { c.rows = c.rows[:0] }

func (c *repeated) gather(b *proto.Buffer, rows []uint32) {
	c.some = slices.Grow(c.some[:0], len(rows))
	for _, row := range rows {
		c.some = append(c.some, c.rows[row])
	}
	c.column.gather(b, c.some)
}

// extend makes room for n bytes behind a buffer's, and returns it.
func extend(b *proto.Buffer, n int) []byte {
	at := len(b.Buf)
	b.Buf = slices.Grow(b.Buf, n)[:at+n]
	return b.Buf[at:]
}
