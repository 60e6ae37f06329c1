package ingest

import (
	"hash/maphash"

	"github.com/google/uuid"
)

// A table begins small, because there may be many organizations, and is split in two when it is large: no step of an index takes long, however many ids it
// holds.
const (
	smallTable = 16
	largeTable = 512
)

// table is ids of an organization by open addressing. The zero UUID is no id of an event and marks a free slot. Each id has the number of its generation.
type table struct {
	ids   []uuid.UUID
	ages  []uint8
	used  int // slots that are not free
	depth uint8
}

func newTable(slots int, depth uint8) *table {
	if slots == largeTable { // most are: one allocation
		t := new(struct {
			table
			ids  [largeTable]uuid.UUID
			ages [largeTable]uint8
		})
		t.table = table{ids: t.ids[:], ages: t.ages[:], depth: depth}
		return &t.table
	}
	return &table{ids: make([]uuid.UUID, slots), ages: make([]uint8, slots), depth: depth}
}

// find returns the slot of an id, or the free one where it belongs.
func (t *table) find(hash uint64, id uuid.UUID) (slot int, found bool) {
	mask := len(t.ids) - 1
	for slot = int(hash) & mask; ; slot = (slot + 1) & mask {
		switch t.ids[slot] {
		case id:
			return slot, true
		case uuid.Nil:
			return slot, false
		}
	}
}

func (t *table) put(slot int, id uuid.UUID, age uint8) {
	t.ids[slot], t.ages[slot] = id, age
	t.used++
}

// full tells whether the next id makes it slow.
func (t *table) full() bool { return t.used >= len(t.ids)/4*3 }

// remove frees a slot and moves those up that were behind it because of it.
func (t *table) remove(slot int, hash func(uuid.UUID) uint64) {
	mask := len(t.ids) - 1
	for next := (slot + 1) & mask; t.ids[next] != uuid.Nil; next = (next + 1) & mask {
		home := int(hash(t.ids[next])) & mask
		if (next-home)&mask >= (next-slot)&mask {
			t.ids[slot], t.ages[slot] = t.ids[next], t.ages[next]
			slot = next
		}
	}
	t.ids[slot] = uuid.Nil
	t.used--
}

// purge drops what is not alive, and moves the rest to where it belongs.
func (t *table) purge(live func(age uint8) bool, spare *table) {
	t.deal(live, spare, func(uint64) *table { return t })
}

// deal empties a table and inserts what is alive where it belongs, which may be the same table.
func (t *table) deal(live func(age uint8) bool, spare *table, to func(hash uint64) *table) {
	copy(spare.ids, t.ids)
	copy(spare.ages, t.ages)
	clear(t.ids)
	t.used = 0
	for i, id := range spare.ids[:len(t.ids)] {
		if id != uuid.Nil && live(spare.ages[i]) {
			hash := hashOf(id)
			home := to(hash)
			slot, _ := home.find(hash, id)
			home.put(slot, id, spare.ages[i])
		}
	}
}

// alive counts.
func (t *table) alive(live func(age uint8) bool) int {
	n := 0
	for i, id := range t.ids {
		if id != uuid.Nil && live(t.ages[i]) {
			n++
		}
	}
	return n
}

// idSeed keeps senders from choosing what falls together.
var idSeed = maphash.MakeSeed()

func hashOf(id uuid.UUID) uint64 { return maphash.Bytes(idSeed, id[:]) }
