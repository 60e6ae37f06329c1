package columns

import (
	"slices"

	"github.com/google/uuid"
)

// owners are the organizations of rows, many of which come one after the other.
type owners struct {
	met   []uuid.UUID
	of    []uint32 // of each row, by its place in met
	ranks []uint32 // of those met, see sort
	count int
}

func (o *owners) reset() { o.met, o.of = o.met[:0], o.of[:0] }

func (o *owners) add(organization uuid.UUID) {
	if last := len(o.met) - 1; last < 0 || o.met[last] != organization {
		o.met = append(o.met, organization)
	}
	o.of = append(o.of, uint32(len(o.met)-1))
}

// one tells whether all rows have the same.
func (o *owners) one() bool { return len(o.met) == 1 }

// sort finds out in which order they are.
func (o *owners) sort() {
	var distinct []uuid.UUID
	o.ranks, distinct = ranks(o.met, compareIDs)
	o.count = len(distinct)
}

// rank is that of the owner of a row among all, from 0.
func (o *owners) rank(row uint32) uint64 { return uint64(o.ranks[o.of[row]]) }

// compareIDs is the order in which the server has UUIDs: the second half counts first.
func compareIDs(a, b uuid.UUID) int {
	if c := slices.Compare(a[8:], b[8:]); c != 0 {
		return c
	}
	return slices.Compare(a[:8], b[:8])
}
