package insight

import (
	"slices"
	"strings"

	"devtrail.dev/services/events"
)

// RetentionQuery asks who came back.
type RetentionQuery struct {
	Question  // its range is from the start of the first interval to the end of the last
	Intervals []events.Range
	Target    Matcher
	Returning Matcher
	FirstTime bool // an actor belongs only to the interval of its first target event ever; else to every interval in which it did the target
}

// Appearances are the intervals, from that of the row on, in which an actor of the row was seen. The first is true: it is the target itself.
type Appearances struct {
	Actor string
	Seen  []bool
}

// Compare orders by the number of appearances, most first, then by the actor's text.
func (a Appearances) Compare(other Appearances) int {
	count := func(seen []bool) (n int) {
		for _, s := range seen {
			if s {
				n++
			}
		}
		return n
	}
	if c := count(other.Seen) - count(a.Seen); c != 0 {
		return c
	}
	return strings.Compare(a.Actor, other.Actor)
}

// SortAppearances brings them into order.
func SortAppearances(list []Appearances) { slices.SortFunc(list, Appearances.Compare) }
