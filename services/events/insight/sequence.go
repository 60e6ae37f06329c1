package insight

import (
	"time"

	"github.com/google/uuid"
)

// SequenceQuery asks for the events of each actor in their order.
type SequenceQuery struct {
	Question
	Matchers      []Matcher // at most 64
	All           bool      // also events that match none
	Names         bool      // the rows carry names
	Keys          []string  // event properties whose values the rows carry
	DeveloperKeys []string  // developer properties whose values the sequences carry; only when actors are developers
	Cohorts       []*Cohort // memberships that the sequences carry; only when actors are developers
}

// Sequence is the events of one actor.
type Sequence struct {
	Actor     string
	Developer []Part // the current values of DeveloperKeys
	InCohorts []bool // one for each of Cohorts
	Rows      []Row
}

// Row is one event of a sequence.
type Row struct {
	At      time.Time
	ID      uuid.UUID
	Matches uint64 // bit i: the event matches matcher i
	Name    string
	Values  []Part // of Keys
}
