package catalog

import (
	"cmp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Type is what the value of a property is, in the terms of JSON; the numbers are those of the contract.
type Type uint8

// The types. No type is the row of an event itself.
const (
	NoType Type = iota
	Text
	Number
	Boolean
	Null
	Object
	Array
)

// DayCount says how many events a day has. Days are counted in UTC from 1970-01-01.
type DayCount struct {
	Day    int32
	Events int64
}

// DayOf is the day of a moment.
func DayOf(t time.Time) int32 {
	const seconds = 24 * 60 * 60
	day := t.Unix() / seconds
	if t.Unix()%seconds < 0 {
		day--
	}
	return int32(day)
}

// DayStart is the first moment of a day.
func DayStart(day int32) time.Time { return time.Unix(int64(day)*24*60*60, 0).UTC() }

// Occurrence is what is learned from: an event without the rest of it.
type Occurrence struct {
	Name       string
	At         time.Time
	ID         uuid.UUID
	Properties string // a canonical JSON object
}

// Learned is how often something was seen: events of a name, and of these the values of a type at a key.
type Learned struct {
	Name    string
	Key     string // empty for the events themselves
	Type    Type
	Count   int64
	First   time.Time // when the first of them occurred
	Last    time.Time
	Example string // text form of a value of the last of them, cut; empty for the events themselves
}

// Compare orders by the bytes of name and key, then type.
func (l Learned) Compare(other Learned) int {
	return cmp.Or(strings.Compare(l.Name, other.Name), strings.Compare(l.Key, other.Key), cmp.Compare(l.Type, other.Type))
}

// Plus is what is learned from both of two parts of one row.
func (l Learned) Plus(other Learned) Learned {
	l.Count += other.Count
	if other.First.Before(l.First) {
		l.First = other.First
	}
	if other.Last.After(l.Last) {
		l.Last, l.Example = other.Last, other.Example
	}
	return l
}

// LearnedDay is what was learned from all events of a day. A day with no events has no rows.
type LearnedDay struct {
	DayCount
	Rows []Learned // in order, no two of one name, key and type
}
