// Package ingest takes events in: it judges each alone, stamps it with its developer and stores what is good.
// It stands between the desk (internal/rpc) and the store; later it will own the durable log.
package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
)

// Status is what became of a draft; the numbers are those of the contract.
type Status uint8

// The four ends of a draft.
const (
	Stored Status = iota + 1
	Duplicate
	Rejected
	Retry
)

// Draft is an event as a source sent it.
type Draft struct {
	Event     events.Event
	ActorName string
	Err       error // set when the message could not be read as an event
}

// Result is what became of a draft.
type Result struct {
	Status Status
	Err    error // why it was rejected
}

// Directory finds whose identities are.
type Directory interface {
	Resolve(ctx context.Context, organization uuid.UUID, hints []people.Hint) (map[events.Identity]people.Person, error)
}

// Intake takes events in.
type Intake struct {
	store     events.Store
	directory Directory
	logger    *slog.Logger
	now       func() time.Time
}

// New returns an intake.
func New(store events.Store, directory Directory, logger *slog.Logger, now func() time.Time) *Intake {
	return &Intake{store: store, directory: directory, logger: logger, now: now}
}

// Capture returns one result a draft, in their order. An error means that nothing is known of any of them; what may pass by itself
// is no error but the status Retry of every draft that is not rejected.
func (in *Intake) Capture(ctx context.Context, organization uuid.UUID, drafts []Draft) ([]Result, error) {
	received := in.now()
	results := make([]Result, len(drafts))
	var good batch
	for i, d := range drafts {
		e, err := check(d, received)
		if err != nil {
			results[i] = Result{Status: Rejected, Err: err}
			continue
		}
		results[i] = Result{Status: Retry}
		good.add(i, e, d.ActorName)
	}
	if len(good.events) == 0 {
		return results, nil
	}
	err := in.keep(ctx, organization, &good, results)
	if err == nil {
		return results, nil
	}
	if ctx.Err() != nil || !passing(err) {
		return nil, err
	}
	in.logger.WarnContext(ctx, "events are to be sent again", "organization_id", organization.String(), "events", len(good.events), "error", err)
	return results, nil
}

// check reads a draft by the rules of events.
func check(d Draft, received time.Time) (events.Event, error) {
	if d.Err != nil {
		return events.Event{}, d.Err
	}
	if err := events.CheckName("actor_name", d.ActorName); err != nil {
		return events.Event{}, err
	}
	return d.Event.Canonical(received)
}

// keep stamps and stores the good events of a batch and writes down what became of each.
func (in *Intake) keep(ctx context.Context, organization uuid.UUID, good *batch, results []Result) error {
	if len(good.hints) > 0 {
		found, err := in.directory.Resolve(ctx, organization, good.hints)
		if err != nil {
			return err
		}
		good.stamp(found, results)
	}
	outcomes, err := in.store.Append(ctx, organization, good.events)
	if err != nil {
		return err
	}
	for i, outcome := range outcomes {
		results[good.places[i]].Status = Stored
		if outcome == events.Duplicate {
			results[good.places[i]].Status = Duplicate
		}
	}
	return nil
}

// passing tells whether an error may be gone when the events are sent again.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Conflict, fault.Exhausted:
		return true
	default:
		return false
	}
}
