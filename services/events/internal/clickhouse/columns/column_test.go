package columns

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// some is rows of columns of every kind.
type some struct {
	id, one, short, long fixedColumn
	text, empty          textColumn
	list                 listColumn
	word, manyWords      wordColumn
	again, listsAgain    repeated
}

func newSome(random *rand.Rand, rows int) *some {
	s := &some{
		id: fixedColumn{kind: typeID, size: 16}, one: fixedColumn{kind: typeByte, size: 1}, short: fixedColumn{kind: typeShort, size: 2}, long: fixedColumn{kind: typeLong, size: 8},
	}
	words := someWords(random, rows)
	var values textColumn
	var lists listColumn
	s.again.column, s.listsAgain.column = &values, &lists
	for n := range rows {
		var id uuid.UUID
		binary.BigEndian.PutUint64(id[:], random.Uint64())
		binary.BigEndian.PutUint64(id[8:], random.Uint64())
		s.id.addID(&id)
		s.one.addByte(uint8(random.Uint32()))
		s.short.addShort(uint16(random.Uint32()))
		s.long.addLong(random.Uint64())
		s.text.add(strings.Repeat(words[n], random.IntN(20)))
		s.empty.add("")
		s.list.add(words[:min(random.IntN(4), rows)])
		s.word.add(words[n])
		values.add(words[n])
		s.again.add(random.Uint32N(uint32(n + 1)))
		s.listsAgain.add(random.Uint32N(lists.add(words[:min(random.IntN(4), rows)]) + 1))
		s.manyWords.add(strings.Repeat("x", n))
	}
	return s
}

// read is what a server reads of a column.
func read[T any](t *testing.T, encoded []byte, rows int, to proto.ColumnOf[T]) []T {
	t.Helper()
	r := proto.NewReader(bytes.NewReader(encoded))
	if s, has := to.(proto.StateDecoder); has {
		require.NoError(t, s.DecodeState(r))
	}
	require.NoError(t, to.DecodeColumn(r, rows))
	require.Equal(t, rows, to.Rows())
	_, err := r.ReadByte()
	require.Error(t, err, "nothing is left")
	list := make([]T, rows)
	for i := range list {
		list[i] = to.Row(i)
	}
	return list
}

// sent is what goes to it, in both ways.
func sent(t *testing.T, c proto.ColInput) []byte {
	t.Helper()
	var compressed proto.Buffer
	if s, has := c.(proto.StateEncoder); has {
		s.EncodeState(&compressed)
	}
	c.EncodeColumn(&compressed)
	var chained bytes.Buffer
	w := proto.NewWriter(&chained, new(proto.Buffer))
	if s, has := c.(proto.StateEncoder); has {
		w.ChainBuffer(s.EncodeState)
	}
	c.WriteColumn(w)
	_, err := w.Flush()
	require.NoError(t, err)
	require.Equal(t, compressed.Buf, chained.Bytes())
	return chained.Bytes()
}

func picks[T any](t *testing.T, c column, rows []uint32, whole, part proto.ColumnOf[T]) {
	t.Helper()
	all := read(t, sent(t, c), c.Rows(), whole)
	want := make([]T, len(rows))
	for i, row := range rows {
		want[i] = all[row]
	}
	p := picked{column: c, rows: rows}
	require.Equal(t, len(rows), p.Rows())
	require.Equal(t, want, read(t, sent(t, p), len(rows), part))
}

func TestRowsThatArePickedAreThoseOfTheColumn(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{1, 2, 300, 700} {
		s := newSome(random, size)
		for _, n := range []int{1, size, 3 * size} {
			rows := make([]uint32, n)
			for i := range rows {
				rows[i] = random.Uint32N(uint32(size))
			}
			picks(t, &s.id, rows, new(proto.ColUUID), new(proto.ColUUID))
			picks(t, &s.one, rows, new(proto.ColUInt8), new(proto.ColUInt8))
			picks(t, &s.short, rows, new(proto.ColUInt16), new(proto.ColUInt16))
			picks(t, &s.long, rows, new(proto.ColUInt64), new(proto.ColUInt64))
			picks(t, &s.text, rows, new(proto.ColStr), new(proto.ColStr))
			picks(t, &s.empty, rows, new(proto.ColStr), new(proto.ColStr))
			picks(t, &s.list, rows, proto.NewArray(new(proto.ColStr)), proto.NewArray(new(proto.ColStr)))
			picks(t, &s.word, rows, new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality())
			picks(t, &s.again, rows, new(proto.ColStr), new(proto.ColStr))
			picks(t, &s.listsAgain, rows, proto.NewArray(new(proto.ColStr)), proto.NewArray(new(proto.ColStr)))
			picks(t, &s.manyWords, rows, new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality())
		}
	}
}

// A column of one value is sent without looking at its rows, as far as it has as many.
func TestRowsOfAnEvenColumn(t *testing.T) {
	t.Parallel()
	c := fixedColumn{kind: typeLong, size: 8, even: true}
	for range 5 {
		c.addLong(7)
	}
	for _, n := range []int{1, 5, 20} {
		picks(t, &c, make([]uint32, n), new(proto.ColUInt64), new(proto.ColUInt64))
	}
}
