package ingest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestIDsAreReadAsTheLibraryReadsThem has every byte stand in every place.
func TestIDsAreReadAsTheLibraryReadsThem(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		id := someID(random, 1<<40)
		text := []byte(id.String())
		if random.IntN(2) == 0 {
			text = []byte(strings.ToUpper(id.String()))
		}
		for place := range text {
			was := text[place]
			for c := range 256 {
				text[place] = byte(c)
				want, err := uuid.Parse(string(text))
				got, ok := parseID(text)
				require.Equal(t, err == nil, ok, "%q", text)
				if ok {
					require.Equal(t, want, got, "%q", text)
				}
			}
			text[place] = was
		}
	}
}

func TestTextsThatAreNoIDs(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0192f0c1-2d3e-7f40-8a51-627384950a1b").String()
	for _, text := range []string{"", uuid.Nil.String(), id[:35], id + "0", fmt.Sprintf("{%s}", id), "urn:uuid:" + id, strings.ReplaceAll(id, "-", "")} {
		_, ok := parseID([]byte(text))
		require.False(t, ok, text)
	}
}

func BenchmarkParseID(b *testing.B) {
	text := []byte("0192f0c1-2d3e-7f40-8a51-627384950a1b")
	for b.Loop() {
		_, ok := parseID(text)
		if !ok {
			b.Fatal("an id")
		}
	}
}
