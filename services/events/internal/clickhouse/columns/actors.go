package columns

import (
	"encoding/binary"
	"unsafe"

	"github.com/dchest/siphash"
)

// actorKey is what the column actor_key has by default, sipHash64(actor_kind, actor_value): the SipHash-2-4 (Aumasson and Bernstein, 2012) of both hashes, one
// after the other, all with a key of zeroes. The server would make it of two columns for each row; few actors have most of them.
func actorKey(kind uint8, value string) uint64 {
	var both [16]byte
	binary.LittleEndian.PutUint64(both[:8], siphash.Hash(0, 0, []byte{kind}))
	binary.LittleEndian.PutUint64(both[8:], siphash.Hash(0, 0, unsafe.Slice(unsafe.StringData(value), len(value))))
	return siphash.Hash(0, 0, both[:])
}

// actors knows the actors met lately in a block: their values and keys. The zero value is ready.
type actors struct {
	values textColumn // some of them more than once
	recent recent[actor]
}

// actor is a text that is an identity of a kind.
type actor struct {
	kind   uint8
	number uint32 // among the values
	key    uint64
}

// of returns the actor of a value, which must not change before reset.
func (a *actors) of(kind uint8, value string) actor {
	met := a.recent.at(value)
	if !met.is(value) || met.value.kind != kind {
		met.set(value, actor{kind: kind, number: uint32(a.values.count()), key: actorKey(kind, value)})
		a.values.add(value)
	}
	return met.value
}

// reset lets go of the texts, which are parts of frames.
func (a *actors) reset() {
	a.values.reset()
	a.recent = recent[actor]{}
}
