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

// actorKeys knows the keys of the actors met lately in a block. The zero value is ready.
type actorKeys struct {
	recent recent[keyOfActor]
}

// keyOfActor is the key of a text that is an identity of a kind.
type keyOfActor struct {
	kind uint8
	key  uint64
}

// of returns the key of an actor, whose text must not change before reset.
func (k *actorKeys) of(kind uint8, value string) uint64 {
	met := k.recent.at(value)
	if !met.is(value) || met.value.kind != kind {
		met.set(value, keyOfActor{kind: kind, key: actorKey(kind, value)})
	}
	return met.value.key
}

// reset lets go of the texts, which are parts of frames.
func (k *actorKeys) reset() { *k = actorKeys{} }
