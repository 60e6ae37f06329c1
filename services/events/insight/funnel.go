package insight

import "time"

// Order is how the steps of a funnel follow each other; the numbers are those of the contract.
type Order uint8

// Other events may lie between; nothing may lie between; any order.
const (
	Ordered Order = iota + 1
	Strict
	Unordered
)

// WindowUnit is a unit of a funnel's window; the numbers are those of the contract.
type WindowUnit uint8

// A day has 24 hours; a month is one of the calendar of the question's time zone, its day clamped to the month's length.
const (
	WindowMinute WindowUnit = iota + 1
	WindowHour
	WindowDay
	WindowWeek
	WindowMonth
)

// Window is how long a run may take from its first step, the end included.
type Window struct {
	Value int
	Unit  WindowUnit
	Zone  *time.Location
}

// Exclusion ends runs that hold an event of the matcher strictly between two of their steps.
type Exclusion struct {
	Matcher  Matcher
	From, To int
}

// Attribution is which event gives the value of a breakdown; the numbers are those of the contract.
type Attribution uint8

// The actor's first or last event that matches a step and has the property; the event that served a step; or every value with a funnel of its own.
const (
	FirstTouch Attribution = iota + 1
	LastTouch
	AtStep
	AllSteps
)

// FunnelQuery asks how many actors take steps one after the other.
type FunnelQuery struct {
	Question
	Steps           []Matcher
	Order           Order
	Window          Window
	Exclusions      []Exclusion
	Breakdown       *Breakdown
	Attribution     Attribution
	AttributionStep int
}

// End returns the last instant that a run which begins at start may reach.
func (w Window) End(start time.Time) time.Time {
	if w.Unit == WindowMonth {
		return addMonths(start.In(w.Zone), w.Value).UTC()
	}
	return start.Add(time.Duration(w.Value) * w.Unit.length())
}

// length is how long a unit takes; of a month the longest.
func (u WindowUnit) length() time.Duration {
	switch u {
	case WindowMinute:
		return time.Minute
	case WindowHour:
		return time.Hour
	case WindowDay:
		return 24 * time.Hour
	case WindowWeek:
		return 7 * 24 * time.Hour
	default:
		return 31 * 24 * time.Hour
	}
}
