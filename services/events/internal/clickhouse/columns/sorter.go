package columns

import (
	"runtime"
	"slices"
)

// sorter brings rows into the order of numbers. It sorts by eleven bits at a time, from the last to the first (least significant digit radix sort, Knuth,
// The Art of Computer Programming 3, section 5.2.5): the keys of a block have some thirty bits that differ, and comparing them takes five times as long.
type sorter struct {
	keys, otherKeys []uint64
	rows, otherRows []uint32
}

// digit is as many bits as have a table that stays in the first cache.
const digit = 11

// begin forgets all rows and makes room for as many as come.
func (s *sorter) begin(rows int) {
	s.keys, s.rows = slices.Grow(s.keys[:0], rows), slices.Grow(s.rows[:0], rows)
	s.otherKeys, s.otherRows = slices.Grow(s.otherKeys[:0], rows), slices.Grow(s.otherRows[:0], rows)
}

func (s *sorter) add(key uint64, row uint32) {
	s.keys, s.rows = append(s.keys, key), append(s.rows, row)
}

// sort orders the rows by some bits of their keys; those that are equal in them stay as they came.
func (s *sorter) sort(from, before int) {
	s.otherKeys, s.otherRows = s.otherKeys[:len(s.keys)], s.otherRows[:len(s.rows)]
	for shift := from; shift < before; shift += digit {
		runtime.Gosched()
		var ends [1<<digit + 1]uint32
		for _, key := range s.keys {
			ends[key>>shift&(1<<digit-1)+1]++
		}
		for i := range 1 << digit {
			ends[i+1] += ends[i]
		}
		for i, key := range s.keys {
			at := &ends[key>>shift&(1<<digit-1)]
			s.otherKeys[*at], s.otherRows[*at] = key, s.rows[i]
			*at++
		}
		s.keys, s.otherKeys = s.otherKeys, s.keys
		s.rows, s.otherRows = s.otherRows, s.rows
	}
}

// ranks returns the place of each of some values in their order, which equal ones share, and the values in this order.
func ranks[T comparable](list []T, compare func(a, b T) int) (of []uint32, distinct []T) {
	distinct = slices.Clone(list)
	slices.SortFunc(distinct, compare)
	distinct = slices.Compact(distinct)
	of = make([]uint32, len(list))
	for i, value := range list {
		at, _ := slices.BinarySearchFunc(distinct, value, compare)
		of[i] = uint32(at)
	}
	return of, distinct
}
