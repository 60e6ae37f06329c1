package people

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// recent remembers who was met lately, in front of the caches, of which two locks and two maps would be asked for each sender of a request. It is a table
// without chains, in which the last one stays, and forgets everybody when somebody changes. The zero value is ready; it is safe for concurrent use.
type recent struct {
	changes atomic.Uint64
	entries [1 << 12]atomic.Pointer[met]
}

// met is somebody, as a source writes the identity, after so many changes.
type met struct {
	key     key
	person  Person
	changes uint64
}

// recentSeed keeps senders from choosing what falls together.
var recentSeed = maphash.MakeSeed()

func (r *recent) at(k key) *atomic.Pointer[met] {
	const golden = 0x9e3779b97f4a7c15 // Fibonacci hashing, Knuth, The Art of Computer Programming 3, section 6.4
	hash := maphash.String(recentSeed, k.identity.Value) + uint64(k.identity.Kind)
	hash = (hash ^ binary.LittleEndian.Uint64(k.organization[8:])) * golden
	return &r.entries[hash>>32%uint64(len(r.entries))]
}

// find returns who is remembered, if anybody is, and how many changes there were: what is found out after that is kept with it.
func (r *recent) find(k key) (p Person, changes uint64, found bool) {
	changes = r.changes.Load()
	if m := r.at(k).Load(); m != nil && m.changes == changes && m.key == k {
		return m.person, changes, true
	}
	return Person{}, changes, false
}

// keep remembers somebody, by a key whose text is somebody else's memory.
func (r *recent) keep(k key, p Person, changes uint64) {
	k.identity.Value = strings.Clone(k.identity.Value)
	r.at(k).Store(&met{changes: changes, key: k, person: p})
}

// forget comes after a change.
func (r *recent) forget() { r.changes.Add(1) }
