package columns

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// someWords are more than are remembered, many of them with equal ends.
func someWords(random *rand.Rand, n int) []string {
	list := make([]string, n)
	for i := range list {
		switch random.IntN(4) {
		case 0:
			list[i] = strings.Repeat("w", random.IntN(12))
		case 1:
			list[i] = strconv.Itoa(random.IntN(300))
		case 2:
			list[i] = fmt.Sprintf("github.com/%d/same-end", random.IntN(300))
		default:
			list[i] = "name"
		}
	}
	return list
}

func TestAColumnOfWordsKnowsEachWordOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var c wordColumn
	for range 20 {
		list := someWords(random, 1000)
		c.reset()
		dictionary, keys := []string(nil), make(map[string]uint32)
		for _, word := range list {
			c.add(word)
			if _, known := keys[word]; !known {
				keys[word] = uint32(len(dictionary))
				dictionary = append(dictionary, word)
			}
		}
		require.Len(t, c.keys, len(list))
		for i, word := range list {
			require.Equal(t, keys[word], c.keys[i])
		}
		var want textColumn
		for _, word := range dictionary {
			want.add(word)
		}
		require.Equal(t, want.wire, c.index.wire)
	}
}

// What is remembered of an event's packages outlives the memory of its frame.
func TestPackagesOutliveTheirFrame(t *testing.T) {
	t.Parallel()
	var p purls
	for range 3 {
		p.forget()
		for n := range 300 {
			frame := fmt.Appendf(nil, "pkg:npm/a%d@1.0.%d", n, n%7)
			rows, list := p.of(&queue.Row{Packages: []string{unsafe.String(&frame[0], len(frame))}})
			require.EqualValues(t, n+1, list, "the first is empty")
			clear(frame)
			require.Len(t, rows, 1)
			require.Equal(t, events.PackageVersion{Package: fmt.Sprintf("pkg:npm/a%d", n), Version: fmt.Sprintf("1.0.%d", n%7)}, p.known[rows[0].number])
		}
	}
}
