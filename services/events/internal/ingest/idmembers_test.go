package ingest

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// all is what members hold, forgotten or not, with its age.
func all(m *members) map[uuid.UUID]uint8 {
	held := maps.Collect(maps.All(m.few))
	for i := 0; i < len(m.pages); i += m.stand(m.pages[i]) {
		maps.Insert(held, m.pages[i].all)
	}
	return held
}

// ageOf is the age of an id that is there.
func ageOf(m *members, id uuid.UUID) uint8 {
	if m.pages == nil {
		return m.few[id]
	}
	hash := hashOf(&id)
	p := m.at(hash)
	slot, _ := p.find(hash, &id)
	return p.groups[slot/width].age(slot)
}

// check tells whether pages count right, stand where they should, and let every id be found.
func check(t *testing.T, m *members, c *common) {
	t.Helper()
	require.True(t, m.few == nil || m.pages == nil)
	require.LessOrEqual(t, len(m.few), maxFew)
	for _, p := range c.slab.empty {
		require.Equal(t, page{ids: p.ids}, *p, "a page that was given back is empty")
	}
	for i := 0; i < len(m.pages); i += m.stand(m.pages[i]) {
		p := m.pages[i]
		for j := range m.stand(p) {
			require.Same(t, p, m.pages[i+j])
		}
		n := 0
		for id := range p.all {
			hash := hashOf(&id)
			require.Same(t, p, m.at(hash))
			_, found := p.find(hash, &id)
			require.True(t, found)
			n++
		}
		require.Equal(t, n, p.holds())
	}
}

// TestMembersKnowWhatAMapKnows has ids come, go and be forgotten, while there are few and while there are many.
func TestMembersKnowWhatAMapKnows(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	m, c := &members{}, &common{era: era{first: 250, count: 1}}
	known := map[uuid.UUID]uint8{}
	toPages, toMap := 0, 0
	for round := range 3000 {
		many := 20
		if round/200%2 == 1 {
			many = 300
		}
		paged := m.pages != nil
		for range random.IntN(many) {
			id := someID(random, 1<<13)
			switch age, before := known[id]; {
			case random.IntN(4) > 0:
				newest := c.era.first + c.era.count - 1
				require.Equal(t, !before, m.add(hashOf(&id), &id, newest, c))
				if !before {
					known[id] = newest
				}
			default:
				was, found := m.remove(&id)
				require.Equal(t, before, found && c.era.live(was))
				if before {
					require.Equal(t, age, was)
				}
				delete(known, id)
			}
		}
		if m.pages != nil && !paged {
			toPages++
		}
		if random.IntN(3) == 0 {
			c.era.count++
		}
		if c.era.count > 5 || round/200%2 == 0 && c.era.count > 1 && random.IntN(3) == 0 {
			for m.swept = 0; !m.sweep(stride, c); { // as what is older is swept before more is forgotten
			}
			c.era.first, c.era.count = c.era.first+1, c.era.count-1
			maps.DeleteFunc(known, func(_ uuid.UUID, age uint8) bool { return !c.era.live(age) })
			if random.IntN(2) == 0 {
				for m.swept = 0; !m.sweep(2, c); {
				}
				paged = m.pages != nil
				m.shrink(c)
				if paged && m.pages == nil {
					toMap++
				}
				require.Equal(t, known, all(m), "what is forgotten is gone")
			}
		}
		check(t, m, c)
	}
	require.Greater(t, toPages, 5)
	require.Greater(t, toMap, 5)
}

// TestFewIDsAreNoPage follows an organization from no ids to many and back.
func TestFewIDsAreNoPage(t *testing.T) {
	m, c := &members{}, &common{era: era{count: 2}}
	ids := make([]uuid.UUID, 3000)
	add := func(from, to int, age uint8) {
		for i := from; i < to; i++ {
			ids[i] = uuid.New()
			require.True(t, m.add(hashOf(&ids[i]), &ids[i], age, c))
		}
	}
	forget := func() {
		c.era.first++
		m.swept = 0
		for !m.sweep(1, c) {
		}
		m.shrink(c)
		check(t, m, c)
	}
	require.Nil(t, m.few)
	add(0, 20, 0)
	add(20, maxFew, 1)
	require.Len(t, m.few, maxFew)
	c.era.first++
	add(0, 20, 2)
	require.Nil(t, m.pages, "what is forgotten makes room")
	add(maxFew, maxFew+1, 2)
	require.Nil(t, m.few)
	require.Len(t, m.pages, 1)
	add(maxFew+1, 2990, 2)
	require.Greater(t, len(m.pages), 4)
	check(t, m, c)
	forget()
	require.Nil(t, m.few, "there are many yet")
	add(2990, 3000, 3)
	forget()
	require.Nil(t, m.pages)
	require.Len(t, m.few, 10)
	for i := range ids {
		_, found := m.remove(&ids[i])
		require.Equal(t, i >= 2990, found)
	}
	m.shrink(c)
	require.Nil(t, m.few, "an organization without ids takes no room for them")
}

// TestAPageIsSplitThatHasOverflowed has more ids in some of the groups than they take.
func TestAPageIsSplitThatHasOverflowed(t *testing.T) {
	m, c := &members{pages: []*page{new(page)}}, &common{era: era{count: 2}}
	var ids []uuid.UUID
	for len(ids) < slots/4*3 {
		if id := uuid.New(); home(hashOf(&id)) >= groups/2 {
			ids = append(ids, id)
			require.True(t, m.add(hashOf(&id), &id, uint8(len(ids)/100%2), c))
		}
	}
	require.Zero(t, m.pages[0].groups[0].free(), "the last has overflowed into the first")
	taken := make(map[uuid.UUID]bool)
	for i := range ids {
		slot, found := m.pages[0].find(hashOf(&ids[i]), &ids[i])
		require.True(t, found)
		if m.pages[0].groups[slot/width].free() == 0 && len(taken) < 10 {
			m.remove(&ids[i])
			taken[ids[i]] = true
		}
	}
	require.EqualValues(t, 10, m.pages[0].removed)
	id := uuid.New()
	require.True(t, m.add(hashOf(&id), &id, 1, c))
	require.Len(t, m.pages, 2)
	check(t, m, c)
	for _, id := range ids {
		require.Equal(t, taken[id], m.add(hashOf(&id), &id, 1, c))
	}
}
