package ingest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASlabHandsOutWhatIsGivenBack(t *testing.T) {
	var s slab
	met := make(map[*page]bool)
	for range slabPages + 1 {
		p := s.take()
		require.False(t, met[p])
		if *p != (page{}) { // require takes a second for all of them
			t.Fatal("it is not empty")
		}
		met[p] = true
	}
	for p := range met {
		s.give(p)
	}
	for range len(met) {
		require.True(t, met[s.take()])
	}
	require.Len(t, s.fresh, slabPages-1, "more is taken only when nothing is left")
}
