package ingest

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
)

// ErrLetterID says that a repaired event is another than that of its letter.
var ErrLetterID = fault.New(fault.Invalid, "DEAD_LETTER_ID_DIFFERS", "the repaired event must have the id of its dead letter").Field("id")

// Replay hands a dead letter to the store again: its event as it is, or a repaired one with the same id. A letter that the store takes is gone,
// one that it does not take stays with the new reason, and one that there is not is rejected: letters before it in a request have results. The error is what
// keeps the letters from being read, or that events are not taken in here: two instances that replay one letter would not see each other.
func (in *Intake) Replay(ctx context.Context, organization, id uuid.UUID, repaired *Draft) (Result, error) {
	if err := in.Ready(); err != nil {
		return Result{}, err
	}
	letter, err := in.store.DeadLetter(ctx, organization, id)
	if errors.Is(err, events.ErrDeadLetterNotFound) {
		return Result{Err: events.ErrDeadLetterNotFound.With("the organization has no dead letter %s", id).Field("dead_letter_id"), Status: Rejected}, nil
	}
	if err != nil {
		return Result{}, err
	}
	e, err := in.revive(ctx, organization, letter, repaired)
	switch {
	case err == nil:
	case passing(err):
		return Held(err, retryAfter), nil
	case fault.KindOf(err) == fault.Invalid || errors.Is(err, queue.ErrCorrupt) || errors.Is(err, auth.ErrOrganizationNotFound):
		return Result{Err: err, Status: Rejected}, nil
	default:
		return Result{}, err
	}
	outcomes, err := in.store.Append(ctx, organization, []events.Event{e})
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if !final(err, patience) {
			return Held(err, retryAfter), nil
		}
		if err := in.store.AddDeadLetters(ctx, organization, []events.DeadLetter{letterOf(e, in.now(), err)}); err != nil {
			return Result{}, err
		}
		return Result{Err: ErrRefused, Status: Rejected}, nil
	}
	if err := in.store.RemoveDeadLetter(ctx, organization, id); err != nil {
		return Result{}, err
	}
	return verdict{outcome: outcomes[0]}.result(), nil
}

// revive makes the event that takes a letter's place. It was received when the letter was.
func (in *Intake) revive(ctx context.Context, organization uuid.UUID, letter events.DeadLetter, repaired *Draft) (events.Event, error) {
	if repaired == nil {
		e, err := queue.DecodeEvent(letter.Payload)
		if err != nil {
			return e, err
		}
		return e, in.privacy.Apply(organization, &e) // the rules may be newer than the letter
	}
	received := letter.ReceivedAt
	if received.Equal(events.MinTime) { // of a damaged frame nobody knows
		received = events.Microseconds(in.now())
	}
	e, _, err := in.check(*repaired, received)
	if err != nil {
		return events.Event{}, err
	}
	if e.ID != letter.ID {
		return events.Event{}, ErrLetterID
	}
	if err := in.privacy.Apply(organization, &e); err != nil {
		return events.Event{}, err
	}
	if !e.Actor.Known() {
		return e, nil
	}
	found, err := in.directory.Resolve(ctx, organization, []people.Hint{{Identity: e.Actor, DisplayName: repaired.ActorName}})
	if err != nil {
		return events.Event{}, err
	}
	person := found[e.Actor]
	if person.Refused != nil {
		return events.Event{}, refused(person.Refused)
	}
	e.Actor, e.DeveloperID = person.Identity, person.DeveloperID
	return e, nil
}
