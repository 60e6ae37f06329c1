package columns

import "encoding/binary"

// recent remembers the values of texts met lately, in front of a map that knows all: few words make most rows, and a look into a map costs four times as much.
// It is a table without chains, in which the last one stays; the zero value is ready.
type recent[V any] struct {
	entries [1 << recentBits]known[V] // many more than there are words mostly: what is not used takes no room in the caches
}

const recentBits = 10

type known[V any] struct {
	text  string
	value V
	there bool
}

func (k *known[V]) is(text string) bool { return k.there && k.text == text }

// set takes a text that must not change while it is remembered.
func (k *known[V]) set(text string, value V) { *k = known[V]{text: text, there: true, value: value} }

// at returns where a text is remembered, if it is.
func (r *recent[V]) at(text string) *known[V] { return &r.entries[spread(text)] }

// spread is a number of recentBits of the ends of a text. Who chooses texts that fall together gains a look into a map for each.
func spread(text string) uint64 {
	const golden = 0x9e3779b97f4a7c15 // Fibonacci hashing, Knuth, The Art of Computer Programming 3, section 6.4
	n := uint64(len(text))
	if len(text) >= 8 {
		n += binary.LittleEndian.Uint64([]byte(text[:8]))*3 + binary.LittleEndian.Uint64([]byte(text[len(text)-8:]))
	} else {
		for i := range len(text) {
			n = n<<8 | uint64(text[i])
		}
	}
	return n * golden >> (64 - recentBits)
}
