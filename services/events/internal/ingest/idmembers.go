package ingest

import "github.com/google/uuid"

// members is the ids of an organization: a map while they are few, as there may be many organizations, and pages by the first bits of the hash when
// they are more, so many that each is small.
type members struct {
	few   map[uuid.UUID]uint8 // age; nil when there are pages, or no ids
	pages []*page             // 1 << depth; a page may stand in several places, side by side
	depth uint8
	swept int // of pages

	past   int64        // microseconds: nothing later than that, by its sender's clock, has been forgotten
	latest [lives]int64 // the latest event of each generation
}

// lives is more than there can be generations at once.
const lives = 64

// maxFew is the most ids of a map: one more, and it grows to the size of a page.
const maxFew = 224

// common is what there is once for the members of all organizations.
type common struct {
	era  era
	slab slab
}

// place is where the page of a hash stands.
func (m *members) place(hash uint64) int { return int(hash >> 32 >> (32 - m.depth)) }

func (m *members) at(hash uint64) *page { return m.pages[m.place(hash)] }

// fetch reads the groups where ids belong, and returns something of them, so that it is not left out. They are anywhere in memory: read one after the other,
// by nothing but loads, the waits for memory overlap, while finding an id waits for one after the other.
func (m *members) fetch(hashes []uint64) (read uint64) {
	if m.pages == nil {
		return 0
	}
	for _, hash := range hashes {
		p := m.at(hash)
		read += p.groups[home(hash)].tags + uint64(p.used)
	}
	return read
}

// add gives an id its age, and tells whether it was new.
func (m *members) add(hash uint64, id *uuid.UUID, age uint8, c *common) bool {
	if m.pages == nil {
		if old, found := m.few[*id]; found && c.era.live(old) {
			return false
		}
		if m.keep(*id, age, c) {
			return true
		}
	}
	p := m.at(hash)
	slot, found := p.find(hash, id)
	switch g := &p.groups[slot/width]; {
	case found && c.era.live(g.age(slot)):
		return false
	case found:
		g.setAge(slot, age)
		return true
	case p.full():
		m.grow(hash, c)
		p = m.at(hash)
		slot, _ = p.find(hash, id)
	}
	p.put(slot, hash, id, age)
	return true
}

// keep puts an id into the map, unless there are too many: then there is a page instead.
func (m *members) keep(id uuid.UUID, age uint8, c *common) bool {
	if len(m.few) == maxFew {
		m.sweepFew(c.era)
	}
	if len(m.few) < maxFew {
		if m.few == nil {
			m.few = make(map[uuid.UUID]uint8)
		}
		m.few[id] = age
		return true
	}
	p := c.slab.take()
	for id, age := range m.few {
		p.insert(hashOf(&id), &id, age)
	}
	m.few, m.pages, m.depth = nil, []*page{p}, 0
	return false
}

// remove drops an id, and returns its age.
func (m *members) remove(id *uuid.UUID) (age uint8, found bool) {
	if m.pages == nil {
		age, found = m.few[*id]
		delete(m.few, *id)
		return age, found
	}
	hash := hashOf(id)
	p := m.at(hash)
	slot, found := p.find(hash, id)
	if !found {
		return 0, false
	}
	age = p.groups[slot/width].age(slot)
	p.remove(slot)
	return age, true
}

// stand is in how many places a page stands.
func (m *members) stand(p *page) int { return 1 << (m.depth - p.depth) }

// places returns where the page of a hash stands.
func (m *members) places(hash uint64) []*page {
	n := m.stand(m.at(hash))
	first := m.place(hash) &^ (n - 1)
	return m.pages[first : first+n]
}

// grow makes room in a page that is full: it drops what is forgotten or removed, and splits the page when that is not enough.
func (m *members) grow(hash uint64, c *common) {
	if m.at(hash).alive(c.era) <= slots/2 {
		m.renew(m.places(hash), c)
		return
	}
	m.split(hash, c)
}

// renew puts what is alive of a page into an empty one, which takes its places.
func (m *members) renew(places []*page, c *common) {
	old, fresh := places[0], c.slab.take()
	fresh.depth = old.depth
	old.deal(c.era, [2]*page{fresh, fresh})
	fill(places, fresh)
	c.slab.give(old)
}

// split makes two pages of one, by the next bit of the hash.
func (m *members) split(hash uint64, c *common) {
	old := m.at(hash)
	if old.depth == m.depth {
		twice := make([]*page, 2*len(m.pages))
		for i, p := range m.pages {
			twice[2*i], twice[2*i+1] = p, p
		}
		m.pages, m.depth, m.swept = twice, m.depth+1, 2*m.swept
	}
	places, low, high := m.places(hash), c.slab.take(), c.slab.take()
	low.depth, high.depth = old.depth+1, old.depth+1
	old.deal(c.era, [2]*page{low, high})
	fill(places[:len(places)/2], low)
	fill(places[len(places)/2:], high)
	c.slab.give(old)
}

func fill(places []*page, p *page) {
	for i := range places {
		places[i] = p
	}
}

// sweep drops what is forgotten from some of the pages, and tells whether it has been at all of them.
func (m *members) sweep(pages int, c *common) (all bool) {
	if m.pages == nil {
		m.sweepFew(c.era)
		return true
	}
	for ; pages > 0 && m.swept < len(m.pages); pages-- {
		p := m.pages[m.swept]
		n := m.stand(p)
		p.sweep(c.era)
		if p.worn() {
			m.renew(m.pages[m.swept:m.swept+n], c)
		}
		m.swept += n
	}
	return m.swept >= len(m.pages)
}

func (m *members) sweepFew(e era) {
	for id, age := range m.few {
		if !e.live(age) {
			delete(m.few, id)
		}
	}
}

// shrink lets go of memory when it is for far more ids than there are.
func (m *members) shrink(c *common) {
	left := len(m.few)
	for i := 0; i < len(m.pages) && left <= maxFew/4; i += m.stand(m.pages[i]) {
		left += m.pages[i].holds()
	}
	switch {
	case left == 0:
		m.few = nil
		m.leave(c)
	case m.pages != nil && left <= maxFew/4:
		few := make(map[uuid.UUID]uint8, left)
		for i := 0; i < len(m.pages); i += m.stand(m.pages[i]) {
			for id, age := range m.pages[i].all {
				few[id] = age
			}
		}
		m.few = few
		m.leave(c)
	}
}

// leave gives all pages back.
func (m *members) leave(c *common) {
	for i := 0; i < len(m.pages); {
		p := m.pages[i]
		i += m.stand(p)
		p.empty()
		c.slab.give(p)
	}
	m.pages, m.depth = nil, 0
}
