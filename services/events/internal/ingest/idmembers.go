package ingest

import "github.com/google/uuid"

// members is the ids of an organization: tables by the first bits of the hash, so many that each is small.
type members struct {
	tables []*table // 1 << depth; a table may stand in several places, side by side
	depth  uint8
	swept  int // of tables

	past   int64        // microseconds: nothing later than that, by its sender's clock, has been forgotten
	latest [lives]int64 // the latest event of each generation
}

// lives is more than there can be generations at once.
const lives = 64

func newMembers(past int64) *members {
	return &members{tables: []*table{newTable(smallTable, 0)}, past: past}
}

func (m *members) place(hash uint64) int { return int(hash >> 32 >> (32 - m.depth)) }

// at returns the table of a hash. Its slots are found by the other end of the hash.
func (m *members) at(hash uint64) *table { return m.tables[m.place(hash)] }

// fetch reads the slots where ids belong, and returns something of them, so that it is not left out. They are anywhere in memory: read one after the other, by
// nothing but loads, the waits for memory overlap, while finding an id waits for one after the other.
func (m *members) fetch(ids []uuid.UUID) (read uint64) {
	for i := range ids {
		hash := hashOf(ids[i])
		t := m.at(hash)
		slot := int(hash) & (len(t.ids) - 1)
		read += uint64(t.ids[slot][0]) + uint64(t.ages[slot])
	}
	return read
}

// places returns where the table of a hash stands.
func (m *members) places(hash uint64) []*table {
	width := 1 << (m.depth - m.at(hash).depth)
	first := m.place(hash) &^ (width - 1)
	return m.tables[first : first+width]
}

// grow makes room in a table that is full: it drops what is forgotten, and doubles the table or splits it when that is not enough.
func (m *members) grow(hash uint64, live func(age uint8) bool, spare *table) {
	old := m.at(hash)
	switch {
	case old.alive(live) <= len(old.ids)/2:
		old.purge(live, spare)
	case len(old.ids) < largeTable:
		fresh := newTable(2*len(old.ids), old.depth)
		old.deal(live, spare, func(uint64) *table { return fresh })
		for i := range m.places(hash) {
			m.places(hash)[i] = fresh
		}
	default:
		m.split(hash, live, spare)
	}
}

// split makes two tables of one, by the next bit of the hash.
func (m *members) split(hash uint64, live func(age uint8) bool, spare *table) {
	old := m.at(hash)
	if old.depth == m.depth {
		twice := make([]*table, 2*len(m.tables))
		for i, t := range m.tables {
			twice[2*i], twice[2*i+1] = t, t
		}
		m.tables, m.depth, m.swept = twice, m.depth+1, 2*m.swept
	}
	places, bit := m.places(hash), 63-old.depth
	old.depth++
	other := newTable(largeTable, old.depth)
	for i := len(places) / 2; i < len(places); i++ {
		places[i] = other
	}
	old.deal(live, spare, func(hash uint64) *table {
		if hash>>bit&1 == 1 {
			return other
		}
		return old
	})
}

// sweep drops what is forgotten from some of the tables, and tells whether it has been at all of them.
func (m *members) sweep(tables int, live func(age uint8) bool, spare *table) (all bool) {
	for ; tables > 0 && m.swept < len(m.tables); tables-- {
		t := m.tables[m.swept]
		if t.alive(live) < t.used {
			t.purge(live, spare)
		}
		m.swept += 1 << (m.depth - t.depth)
	}
	return m.swept >= len(m.tables)
}

// shrink lets go of the tables when they are empty.
func (m *members) shrink() {
	for _, t := range m.tables {
		if t.used > 0 {
			return
		}
	}
	if len(m.tables) > 1 || len(m.tables[0].ids) > smallTable {
		m.tables, m.depth = []*table{newTable(smallTable, 0)}, 0
	}
}
