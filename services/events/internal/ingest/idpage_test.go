package ingest

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestSearchesGoRoundTheEnd overflows the last group, and empties slots that searches go past.
func TestSearchesGoRoundTheEnd(t *testing.T) {
	p, hash := new(page), uint64(groups-1) // of all: their tags are the same as well
	ids := make([]uuid.UUID, 3*width-2)
	for i := range ids {
		ids[i] = uuid.UUID{byte(i + 1)}
		slot, found := p.find(hash, &ids[i])
		require.False(t, found)
		require.Equal(t, (slots-width+i)%slots, slot)
		p.put(slot, hash, &ids[i], 7)
	}
	other := uuid.UUID{0xff}
	remove := func(id uuid.UUID) {
		slot, found := p.find(hash, &id)
		require.True(t, found)
		p.remove(slot)
		_, found = p.find(hash, &id)
		require.False(t, found)
	}
	remove(ids[3])
	remove(ids[width+1])
	require.EqualValues(t, len(ids), p.used, "both were in groups that are full")
	require.EqualValues(t, 2, p.removed)
	remove(ids[len(ids)-1])
	require.EqualValues(t, len(ids)-1, p.used, "the last group has room")
	for i, id := range ids {
		_, found := p.find(hash, &id)
		require.Equal(t, i != 3 && i != width+1 && i != len(ids)-1, found)
	}
	slot, found := p.find(hash, &other)
	require.False(t, found)
	require.Equal(t, slots-width+3, slot, "what was emptied is filled again")
	p.put(slot, hash, &other, 7)
	require.EqualValues(t, 1, p.removed)
	require.Equal(t, len(ids)-2, p.holds())
}

// TestAPageKnowsWhatAMapKnows has many ids belong to few groups, with few tags, and sweeps them.
func TestAPageKnowsWhatAMapKnows(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	hashOf := func(id *uuid.UUID) uint64 {
		return uint64(60+id[0]%8)%groups | uint64(id[0]/8%4)*groups
	}
	p, e, known := new(page), era{first: 200, count: 3}, map[uuid.UUID]uint8{}
	worn := 0
	for range 200_000 {
		id := uuid.UUID{byte(random.IntN(256)), byte(random.IntN(3))}
		hash := hashOf(&id)
		slot, found := p.find(hash, &id)
		age, before := known[id]
		require.Equal(t, before, found)
		switch random.IntN(3) {
		case 0:
			if found {
				require.Equal(t, age, p.groups[slot/width].age(slot))
				p.remove(slot)
				delete(known, id)
			}
		default:
			if !found && !p.full() {
				known[id] = e.first + uint8(random.IntN(int(e.count)))
				p.put(slot, hash, &id, known[id])
			}
		}
		if random.IntN(300) == 0 {
			e.first++
			for id, age := range known {
				if !e.live(age) {
					delete(known, id)
				}
			}
			require.Equal(t, len(known), p.alive(e))
			p.sweep(e)
			require.Equal(t, len(known), p.holds())
		}
		if p.full() || p.worn() {
			worn++
			fresh := new(page)
			for id, age := range p.all {
				fresh.insert(hashOf(&id), &id, age)
			}
			p = fresh
		}
	}
	require.Greater(t, worn, 10)
}

func TestAnEraIsTheSameForEightAtOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 100_000 {
		e := era{first: uint8(random.Uint32()), count: uint8(random.IntN(lives + 1))}
		ages, past := random.Uint64(), uint64(0)
		for slot := range width {
			if slot%2 == 0 { // near the ends
				ages = set(ages, slot, e.first+[]uint8{0, 0xff, e.count, e.count - 1}[random.IntN(4)])
			}
			if !e.live(uint8(ages >> (slot * 8))) {
				past = set(past, slot, 0x80)
			}
		}
		require.Equal(t, past, e.past(ages), "%+v %x", e, ages)
	}
}

// TestAPagePointsNowhere is what keeps the collector from reading all ids.
func TestAPagePointsNowhere(t *testing.T) {
	var points func(of reflect.Type) bool
	points = func(of reflect.Type) bool {
		switch of.Kind() {
		case reflect.Array:
			return points(of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				if points(of.Field(i).Type) {
					return true
				}
			}
			return false
		default:
			return of.Kind() > reflect.Float64
		}
	}
	require.False(t, points(reflect.TypeFor[page]()))
}
