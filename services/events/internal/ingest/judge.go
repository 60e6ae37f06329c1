package ingest

import (
	"context"
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
)

// read judges the events of a letter and encodes the good ones. Who is not known is asked for, for all events at once, and they are read again.
func (in *Intake) read(ctx context.Context, b *batch, l Letter) error {
	b.sent = l.SentAt()
	for {
		plain := in.privacy.Empty(b.organization) // else an event may not be written as it lies in its message
		for i := range b.results {
			if raw := l.Raw(i); raw == nil || !plain || !in.write(b, i, raw) {
				if err := in.judge(b, i, l.Draft(i)); err != nil {
					return err
				}
			}
			if size := b.frame.Size(); size > MaxRequestBytes {
				return events.ErrRequestTooLarge.With("the events of the request take more than %d bytes, which is what is taken at once: send them in several requests", MaxRequestBytes)
			}
		}
		if len(b.hints) == 0 {
			return nil
		}
		found, err := in.directory.Resolve(ctx, b.organization, b.hints)
		if err != nil {
			return err
		}
		b.learn(found)
		b.empty()
	}
}

// judge reads a draft by the rules, takes out what its organization does not want to be kept, stamps it with its developer and encodes it.
// An error is one that may pass.
func (in *Intake) judge(b *batch, place int, d Draft) error {
	sent := d.Event.OccurredAt
	e, rule, err := in.check(d, b.received)
	if err != nil {
		return b.refuse(place, err)
	}
	if err := in.privacy.Apply(b.organization, &e); err != nil {
		return b.refuse(place, err)
	}
	if e.Actor.Known() {
		person := in.who(b, e.Actor.Kind, []byte(e.Actor.Value))
		switch {
		case person == nil:
			b.hints = append(b.hints, people.Hint{Identity: e.Actor, DisplayName: d.ActorName})
			return nil
		case person.Refused != nil:
			b.reject(place, refused(person.Refused))
			return nil //nolint:nilerr // it is said of the event
		}
		e.Actor, e.DeveloperID = person.Identity, person.DeveloperID
	}
	b.window.note(sent, rule, e.OccurredAt, b)
	b.add(place, &e)
	return nil
}

// check reads a draft by the rules of events and the limits of this installation.
func (in *Intake) check(d Draft, received time.Time) (e events.Event, rule events.TimeRule, err error) {
	if d.Err != nil {
		return e, rule, d.Err
	}
	if err := events.CheckName("actor_name", d.ActorName); err != nil {
		return e, rule, err
	}
	d.Event.OccurredAt, rule = d.Clock.When(d.Event.OccurredAt, received)
	if err := in.limits.check(&d.Event); err != nil {
		return e, rule, err
	}
	e, err = d.Event.Canonical(received)
	return e, rule, err
}

// hintOf is who is to be asked for.
func hintOf(r *Raw) people.Hint {
	return people.Hint{Identity: events.Identity{Kind: r.ActorKind, Value: string(r.ActorValue)}, DisplayName: string(r.ActorName)}
}
