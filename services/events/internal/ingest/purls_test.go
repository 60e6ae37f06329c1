package ingest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPackagesThatAreMetInTurnsAreReadOnce(t *testing.T) {
	t.Parallel()
	var known purls
	texts := make([][]byte, 1000)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "pkg:NPM/p%d@1", i)
	}
	all := func() {
		for i, text := range texts {
			canonical, ok := known.canonical(text)
			require.True(t, ok)
			require.Equal(t, fmt.Sprintf("pkg:npm/p%d@1", i), canonical)
		}
	}
	all()
	misses := 0
	for _, text := range texts {
		if found, _ := known.sets[hashOfPurl(text)%uint64(len(known.sets))].find(text, 0); found == nil {
			misses++
		}
	}
	require.Less(t, misses, 5, "of a thousand")
	all()
}

func TestTheTableOfPackagesDoesNotGrow(t *testing.T) {
	t.Parallel()
	var set purlSet
	for i := range uint64(100) {
		text := fmt.Appendf(nil, "pkg:npm/p%d", i)
		found, at := set.find(text, i)
		require.Nil(t, found)
		at.Store(&spelling{text: string(text), canonical: string(text)})
		found, _ = set.find(text, 0)
		require.Equal(t, string(text), found.canonical, "the last one stays")
	}
}
