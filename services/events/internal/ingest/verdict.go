package ingest

import "devtrail.dev/services/events"

// verdict is what became of an accepted event: it is kept, it was known, or the store refuses it for good and it is a dead letter.
type verdict struct {
	outcome events.Outcome
	refused error // a fault for the sender
}

func (v verdict) result() Result {
	switch {
	case v.refused != nil:
		return Result{Status: Rejected, Err: v.refused}
	case v.outcome == events.Duplicate:
		return Result{Status: Duplicate}
	default:
		return Result{Status: Stored}
	}
}

func verdictsOf(outcomes []events.Outcome) []verdict {
	verdicts := make([]verdict, len(outcomes))
	for i, o := range outcomes {
		verdicts[i].outcome = o
	}
	return verdicts
}

// fresh returns the events that are new.
func fresh(list []events.Event, verdicts []verdict) []events.Event {
	some := make([]events.Event, 0, len(list))
	for i, v := range verdicts {
		if v.outcome == events.Stored {
			some = append(some, list[i])
		}
	}
	return some
}
