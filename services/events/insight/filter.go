package insight

import (
	"regexp"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Scope is whose property a filter or a breakdown looks at; the numbers are those of the contract.
type Scope uint8

// The event's own properties, the current properties of its actor's developer, or the cohorts that the developer is in.
const (
	EventScope Scope = iota + 1
	DeveloperScope
	CohortScope
)

// Operator compares a property with values; the numbers are those of the contract.
type Operator uint8

// The operators. Negative ones (those with a Not) match events whose property has no value: the key is absent or holds null.
// IsSet and IsNotSet look at the key alone. In and NotIn belong to cohorts.
const (
	Exact Operator = iota + 1
	IsNot
	Contains
	NotContains
	Regex
	NotRegex
	Greater
	GreaterOrEqual
	Less
	LessOrEqual
	Between
	NotBetween
	IsSet
	IsNotSet
	DateBefore
	DateAfter
	In
	NotIn
)

// PropertyFilter keeps the events whose property compares well. It is made by [NewPropertyFilter] and the like, which refuse what cannot be compared,
// so that stores meet only filters that make sense.
type PropertyFilter struct {
	Scope    Scope
	Key      string
	Operator Operator
	Values   []string       // of Exact and IsNot: text forms; of Contains: one text; of Regex: one pattern that Go compiles
	Pattern  *regexp.Regexp // of Regex and NotRegex: Values[0] compiled
	Low      float64        // of Between; also the number of Greater and the like
	High     float64        // of Between
	At       time.Time      // of DateBefore and DateAfter, in whole microseconds
	Cohort   *Cohort        // of In and NotIn
}

// Cohort is a set of developers, with the cohorts it refers to resolved. It is a tree: cycles are refused when cohorts are saved.
type Cohort struct {
	ID      uuid.UUID
	Static  bool
	Members []uuid.UUID // of a static cohort: current developers
	AnyOf   []Group     // of a dynamic one; without groups it has no members
}

// Group is conditions that a member of a cohort meets all.
type Group struct {
	Properties []PropertyFilter // of scope developer or cohort
	Performed  []Performed
}

// Performed says how often a developer did something.
type Performed struct {
	Matcher Matcher
	Range   events.Range
	Count   CountOperator
	Value   int64 // at least 1
}

// CountOperator compares a number of events; none at all never matches.
type CountOperator uint8

// At least, at most (but once), exactly.
const (
	AtLeast CountOperator = iota + 1
	AtMost
	Exactly
)
