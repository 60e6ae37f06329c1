package ingest

import (
	"hash/maphash"
	"math/bits"

	"github.com/google/uuid"
)

const (
	width  = 8  // slots of a group: as many bytes as a word has
	groups = 64 // a page is small enough that no step of an index takes long, however many ids it holds
	slots  = groups * width
)

// page is ids of an organization by open addressing. The groups stand apart from the ids: a group alone tells that an id is new, as most are, and what is
// forgotten. Four of them are a line of memory. Nothing of a page points anywhere, so that the collector does not read it.
type page struct {
	groups  [groups]group
	ids     [slots]uuid.UUID
	used    uint16 // slots that are not free
	removed uint16 // those of them that are removed
	depth   uint8  // bits of the hash that its ids have in common
}

// group is eight slots, each a byte of both words. An id belongs to the group of its hash, or to the next when that is full: a search ends at a group that
// has a free slot.
type group struct {
	tags uint64
	ages uint64 // the numbers of generations
}

// A tag is seven bits of the hash below a set bit. There are two more: 0 is a free slot, and this one was emptied while its group was full. It is not free,
// since searches for others went past it and have to do so again.
const removed = 0x40

// Words that have the same in each byte.
const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
)

// home is the group of a hash. A page is found by the other end of the hash.
func home(hash uint64) int { return int(hash % groups) }

func tagOf(hash uint64) byte { return byte(hash/groups) | 0x80 }

// idSeed keeps senders from choosing what falls together.
var idSeed = maphash.MakeSeed()

func hashOf(id *uuid.UUID) uint64 { return maphash.Bytes(idSeed, id[:]) }

// What tells of slots does so by the top bits of their bytes.

func (g *group) taken() uint64 { return g.tags & tops }

func (g *group) free() uint64 { return ^(g.tags | g.tags<<1) & tops }

// open is the slots that are free or removed.
func (g *group) open() uint64 { return ^g.tags & tops }

// like is the slots that have a tag, and at times one that has another.
func (g *group) like(tag byte) uint64 {
	x := g.tags ^ uint64(tag)*ones
	return (x - ones) &^ x & tops
}

func (g *group) alive(e era) uint64 { return g.taken() &^ e.past(g.ages) }

// lowest is the first of some slots.
func lowest(some uint64) int { return bits.TrailingZeros64(some) / 8 }

func (g *group) age(slot int) uint8 { return uint8(g.ages >> (slot % width * 8)) }

func (g *group) setAge(slot int, age uint8) { g.ages = set(g.ages, slot, age) }

// set replaces a byte of a word.
func set(word uint64, slot int, b byte) uint64 {
	shift := slot % width * 8
	return word&^(0xff<<shift) | uint64(b)<<shift
}

// find returns the slot of an id, or the one where it may be put.
func (p *page) find(hash uint64, id *uuid.UUID) (slot int, found bool) {
	slot = -1
	for at := home(hash); ; at = (at + 1) % groups {
		g := &p.groups[at]
		for like := g.like(tagOf(hash)); like != 0; like &= like - 1 {
			if i := at*width + lowest(like); p.ids[i] == *id {
				return i, true
			}
		}
		if slot < 0 && g.open() != 0 {
			slot = at*width + lowest(g.open())
		}
		if g.free() != 0 {
			return slot, false
		}
	}
}

// put fills a slot that find returned.
func (p *page) put(slot int, hash uint64, id *uuid.UUID, age uint8) {
	g := &p.groups[slot/width]
	if g.tags>>(slot%width*8)&0xff == removed {
		p.removed--
	} else {
		p.used++
	}
	g.tags = set(g.tags, slot, tagOf(hash))
	g.setAge(slot, age)
	p.ids[slot] = *id
}

// insert puts an id that the page does not have.
func (p *page) insert(hash uint64, id *uuid.UUID, age uint8) {
	at := home(hash)
	for p.groups[at].open() == 0 {
		at = (at + 1) % groups
	}
	p.put(at*width+lowest(p.groups[at].open()), hash, id, age)
}

func (p *page) remove(slot int) { p.drop(&p.groups[slot/width], 0x80<<(slot%width*8)) }

// drop empties some slots of a group. They are free when searches end there anyway.
func (p *page) drop(g *group, some uint64) {
	n, first := uint16(bits.OnesCount64(some)), some/0x80
	if g.free() != 0 {
		g.tags &^= first * 0xff
		p.used -= n
		return
	}
	g.tags = g.tags&^(first*0xff) | first*removed
	p.removed += n
}

// full tells whether the next id makes it slow.
func (p *page) full() bool { return p.used >= slots/4*3 }

// worn tells whether it is slow by what was removed.
func (p *page) worn() bool { return p.removed >= slots/16 }

// holds is how many ids there are.
func (p *page) holds() int { return int(p.used - p.removed) }

// alive counts what is not forgotten.
func (p *page) alive(e era) int {
	n := 0
	for i := range p.groups {
		g := &p.groups[i]
		n += bits.OnesCount64(g.alive(e))
	}
	return n
}

// sweep drops what is forgotten, without a look at the ids.
func (p *page) sweep(e era) {
	for i := range p.groups {
		g := &p.groups[i]
		if past := g.taken() & e.past(g.ages); past != 0 {
			p.drop(g, past)
		}
	}
}

// all yields the ids and their ages.
func (p *page) all(yield func(uuid.UUID, uint8) bool) {
	for i := range p.groups {
		g := &p.groups[i]
		for taken := g.taken(); taken != 0; taken &= taken - 1 {
			slot := i*width + lowest(taken)
			if !yield(p.ids[slot], g.age(slot)) {
				return
			}
		}
	}
}

// deal inserts what is not forgotten into one of two empty pages, by the bit of the hash that is next, and empties the page.
func (p *page) deal(e era, to [2]*page) {
	bit := 63 - p.depth
	for i := range p.groups {
		g := &p.groups[i]
		for alive := g.alive(e); alive != 0; alive &= alive - 1 {
			slot := i*width + lowest(alive)
			id := &p.ids[slot]
			hash := hashOf(id)
			to[hash>>bit&1].insert(hash, id, g.age(slot))
		}
	}
	p.empty()
}

// empty leaves the ids where they are: without a tag they are none.
func (p *page) empty() {
	clear(p.groups[:])
	p.used, p.removed = 0, 0
}
