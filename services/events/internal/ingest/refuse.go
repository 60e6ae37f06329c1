package ingest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// ErrRefused says that the database does not take an event, now and for good. It is kept as a dead letter.
var ErrRefused = fault.New(fault.Invalid, "DEAD_LETTER", "the database does not take the event; it is kept among the dead letters")

// insertTime bounds one call of the store. A database that hangs is one that is away.
const insertTime = 2 * time.Minute

// patience is how often a whole job is tried before an error that nobody has named is believed to be the fault of its events.
const patience = 3

// insert stores a job, once. An error means that it is to be tried again.
func (d *drain) insert(ctx context.Context, j *job) error {
	if j.done {
		return nil
	}
	j.attempts++
	if err := d.append(ctx, j, 0, len(j.events)); err != nil {
		return err
	}
	j.done = true
	return nil
}

// append stores the events of a job from one index to another. Events that the store refuses for good are found by halving and buried.
func (d *drain) append(ctx context.Context, j *job, from, to int) error {
	inserting, cancel := context.WithTimeout(ctx, insertTime)
	outcomes, err := d.store.Append(inserting, j.organization, j.events[from:to])
	cancel()
	if err == nil {
		for i, outcome := range outcomes {
			// After an attempt that failed nobody knows whether what is there is that attempt's.
			if j.attempts > 1 {
				outcome = events.Stored
			}
			j.verdicts[from+i] = verdict{outcome: outcome}
		}
		return nil
	}
	if ctx.Err() != nil || !final(err, j.attempts) {
		return err
	}
	// A store that is not well refuses everything.
	if err := d.store.Ready(ctx); err != nil {
		return err
	}
	if to-from == 1 {
		return d.refuse(ctx, j, from, err)
	}
	middle := from + (to-from)/2
	if err := d.append(ctx, j, from, middle); err != nil {
		return err
	}
	return d.append(ctx, j, middle, to)
}

// final tells whether an error of the store stays when the call is repeated.
func final(err error, attempts int) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Conflict, fault.Exhausted, fault.Timeout, fault.Canceled:
		return false
	case fault.Internal:
		return attempts >= patience
	default:
		return true
	}
}

// refuse buries one event.
func (d *drain) refuse(ctx context.Context, j *job, i int, err error) error {
	e := j.events[i]
	if err := d.store.AddDeadLetters(ctx, j.organization, []events.DeadLetter{letterOf(e, d.now(), err)}); err != nil {
		return err
	}
	d.refusals.Add(1)
	d.logger.ErrorContext(ctx, "the store refuses an event", "organization_id", j.organization.String(), "event_id", e.ID.String(), "error", err)
	j.verdicts[i] = verdict{refused: ErrRefused}
	return nil
}

// letterOf makes a dead letter of an event, which failed at a time for a reason.
func letterOf(e events.Event, failed time.Time, err error) events.DeadLetter {
	reason := fault.ReasonOf(err)
	if reason == "" {
		reason = ErrRefused.Reason()
	}
	return events.DeadLetter{
		FailedAt: events.Microseconds(failed), ID: e.ID, Message: err.Error(), Name: e.Name,
		Payload: queue.EncodeEvent(e), Reason: reason, ReceivedAt: e.ReceivedAt,
	}
}

// bury keeps frames whose bytes are damaged. Whose they are can no longer be known: they are the zero organization's, for the operator.
func (d *drain) bury(ctx context.Context, b *block) error {
	if len(b.corrupt) == 0 {
		return nil
	}
	letters := make([]events.DeadLetter, len(b.corrupt))
	for i, c := range b.corrupt {
		letters[i] = events.DeadLetter{
			FailedAt: events.Microseconds(d.now()), ID: uuid.NewSHA1(uuid.Nil, c.record.Frame), Message: c.err.Error(),
			Payload: c.record.Frame, Reason: queue.ErrCorrupt.Reason(), ReceivedAt: events.MinTime,
		}
	}
	if err := d.store.AddDeadLetters(ctx, uuid.Nil, letters); err != nil {
		return err
	}
	d.refusals.Add(int64(len(letters)))
	d.logger.ErrorContext(ctx, "the log of accepted events holds damaged frames", "frames", len(letters), "error", b.corrupt[0].err)
	b.corrupt = nil
	return nil
}
