package columns

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// read is what a server reads of a column.
func read[T any](t *testing.T, encoded []byte, rows int, to proto.ColumnOf[T]) []T {
	t.Helper()
	to.Reset()
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

func randomID(random *rand.Rand) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	return id
}

// picks reads rows of a column that has some values, in orders of their own.
func picks[T any](t *testing.T, random *rand.Rand, c column, values []T, to proto.ColumnOf[T]) {
	t.Helper()
	for _, n := range []int{1, len(values), 3 * len(values)} {
		p := picked{column: c}
		want := make([]T, n)
		for i := range n {
			row := random.IntN(len(values))
			want[i], p.rows = values[row], append(p.rows, uint32(row))
		}
		require.Equal(t, n, p.Rows())
		require.Equal(t, c.Type(), to.Type())
		require.Equal(t, want, read(t, sent(t, p), n, to))
	}
}

// values makes some, each of which goes into a column.
func values[T any](n int, one func(n int) T, add func(T)) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = one(i)
		add(list[i])
	}
	return list
}

func TestRowsThatArePickedAreThoseOfTheColumn(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{1, 2, 300, 700, 1<<16 + 1} {
		words := someWords(random, size)
		word := func(n int) string { return words[n] }
		text := func(n int) string { return strings.Repeat(words[n], random.IntN(20)) }
		list := func(int) []string { return append([]string(nil), words[:random.IntN(min(size, 4))]...) }

		id := fixedColumn{kind: typeID, size: 16}
		picks(t, random, &id, values(size, func(int) uuid.UUID { return randomID(random) }, func(v uuid.UUID) { id.addID(&v) }), new(proto.ColUUID))
		one := fixedColumn{kind: typeByte, size: 1}
		picks(t, random, &one, values(size, func(int) uint8 { return uint8(random.Uint32()) }, one.addByte), new(proto.ColUInt8))
		short := fixedColumn{kind: typeShort, size: 2}
		picks(t, random, &short, values(size, func(int) uint16 { return uint16(random.Uint32()) }, short.addShort), new(proto.ColUInt16))
		long := fixedColumn{kind: typeLong, size: 8}
		picks(t, random, &long, values(size, func(int) uint64 { return random.Uint64() }, long.addLong), new(proto.ColUInt64))

		var texts, empty textColumn
		picks(t, random, &texts, values(size, text, texts.add), new(proto.ColStr))
		picks(t, random, &empty, values(size, func(int) string { return "" }, empty.add), new(proto.ColStr))
		var lists listColumn
		picks(t, random, &lists, values(size, list, func(l []string) { lists.add(l) }), proto.NewArray(new(proto.ColStr)))
		var few, many wordColumn
		picks(t, random, &few, values(size, word, few.add), new(proto.ColStr).LowCardinality())
		picks(t, random, &many, values(size, strconv.Itoa, many.add), new(proto.ColStr).LowCardinality())

		var distinct textColumn
		again := repeated{column: &distinct}
		known := values(size, text, distinct.add)
		picks(t, random, &again, values(2*size, func(int) string {
			number := random.IntN(size)
			again.add(uint32(number))
			return known[number]
		}, func(string) {}), new(proto.ColStr))

		var distinctLists listColumn
		listsAgain := repeated{column: &distinctLists}
		knownLists := values(size, list, func(l []string) { distinctLists.add(l) })
		picks(t, random, &listsAgain, values(2*size, func(int) []string {
			number := random.IntN(size)
			listsAgain.add(uint32(number))
			return knownLists[number]
		}, func([]string) {}), proto.NewArray(new(proto.ColStr)))
	}
}

// A column of one value is sent without looking at its rows, as far as it has as many.
func TestRowsOfAnEvenColumn(t *testing.T) {
	t.Parallel()
	c := fixedColumn{kind: typeLong, size: 8, even: true}
	picks(t, rand.New(rand.NewPCG(5, 6)), &c, values(5, func(int) uint64 { return 7 }, c.addLong), new(proto.ColUInt64))
}
