package insight

import (
	"regexp"
	"time"
)

// PathSource says which events give an item and what it is called.
type PathSource struct {
	Name     string // events of this name; empty for every event whose name does not begin with a $
	Property string // the item is this property's text form; empty: the event's name
}

// Cleaning replaces every match of a pattern by a literal text.
type Cleaning struct {
	Pattern *regexp.Regexp
	Alias   string
}

// PathsQuery asks which way actors take from item to item.
type PathsQuery struct {
	Question
	Sources   []PathSource
	Gap       time.Duration // a longer silence splits
	StepLimit int
	Start     string // empty for none
	End       string
	Cleaning  []Cleaning
	Groupings []string // patterns with * for any text
	Exclude   []string
	MinWeight int64 // 0 for none
	MaxWeight int64 // 0 for none
	EdgeLimit int
}

// Edge is one way between two items. The target is the item of the next step.
type Edge struct {
	Step   int // of the source, from 1
	Source string
	Target string
	Weight int64
	Mean   time.Duration
}

// MeanOf returns the mean of n durations that are so many microseconds together, cut to nanoseconds. Durations are not added up as such:
// they end at 292 years, which some ten million ways of a quarter of an hour are together.
func MeanOf(microseconds, n int64) time.Duration {
	return time.Duration(microseconds/n)*time.Microsecond + time.Duration(microseconds%n)*time.Microsecond/time.Duration(n)
}
