package columns

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestRowsAreSortedByTheBitsOfTheirKeys(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	var s sorter
	for range 300 {
		rows, width := random.IntN(3000), 1+random.IntN(64)
		from := random.IntN(width)
		s.begin(rows)
		type entry struct {
			key uint64
			row uint32
		}
		want := make([]entry, rows)
		for i := range want {
			want[i] = entry{key: random.Uint64() >> (64 - width), row: uint32(i)}
			if random.IntN(2) == 0 {
				want[i].key = want[random.IntN(i+1)].key // equal ones stay as they came
			}
			s.add(want[i].key, want[i].row)
		}
		slices.SortStableFunc(want, func(a, b entry) int { return cmp.Compare(a.key>>from, b.key>>from) })
		s.sort(from, width)
		got := make([]entry, rows)
		for i := range got {
			got[i] = entry{key: s.keys[i], row: s.rows[i]}
		}
		require.Equal(t, want, got)
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	a, b := uuid.MustParse("ffffffff-ffff-4fff-8000-000000000000"), uuid.MustParse("00000000-0000-4000-9000-000000000000") // the second half counts first
	of, distinct := ranks([]uuid.UUID{b, a, b}, compareIDs)
	require.Equal(t, []uint32{1, 0, 1}, of)
	require.Equal(t, []uuid.UUID{a, b}, distinct)
}
