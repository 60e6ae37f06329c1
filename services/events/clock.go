package events

import "time"

// Clock is what a source says about the clock that its times are from. The zero value says nothing: its times are taken as they are.
type Clock struct {
	Age    time.Duration // how long before its arrival the event happened; counts when Aged is set
	Aged   bool
	Exact  bool      // the clock is right whatever SentAt says
	SentAt time.Time // when the message left, by that clock; zero when it is not said
}

// TimeRule is the rule by which the time of an event was found.
type TimeRule uint8

// The rules, the first that applies counts; what they give is replaced by the time of arrival when it is too far in the future.
const (
	TimeByAge     TimeRule = iota + 1 // time of arrival less the age
	TimeCorrected                     // time of the source less what its clock is ahead
	TimeAsSent                        // time of the source
	TimeOfArrival                     // the source gives none
)

// When returns when an event happened that its source says happened at occurred, zero when it does not say, and that arrived at received.
func (c Clock) When(occurred, received time.Time) (time.Time, TimeRule) {
	switch {
	case c.Aged:
		return received.Add(-c.Age), TimeByAge
	case occurred.IsZero():
		return received, TimeOfArrival
	case !c.SentAt.IsZero() && !c.Exact:
		// What lies between two times of the source is short; what its clock is ahead or behind may be more than a Duration holds, 292 years.
		return received.Add(occurred.Sub(c.SentAt)), TimeCorrected
	default:
		return occurred, TimeAsSent
	}
}
