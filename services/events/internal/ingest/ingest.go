// Package ingest takes events in: it judges each alone, stamps it with its developer, decides whether it is known already, and keeps what is new
// in the durable log before it is acknowledged. A drain hands the log to the store, in large batches. It stands between the doors' desks
// (internal/rpc, internal/web) and the stores; every source, whatever it speaks, comes in by [Intake].
package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
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

// Ack is what must have happened to events before their sender is answered; the numbers are those of the contract.
type Ack uint8

// The levels. Without a log both wait for the database.
const (
	AckDurable  Ack = iota + 1 // on the disk, in the log
	AckDatabase                // in the database
)

// Draft is an event as a source sent it.
type Draft struct {
	Event     events.Event // OccurredAt is zero when the source gives no time
	ActorName string
	Clock     events.Clock
	Err       error // set when the message could not be read as an event
}

// Result is what became of a draft.
type Result struct {
	Status     Status
	Err        error         // why it was rejected
	RetryAfter time.Duration // set exactly when the status is Retry
}

// Request is a batch of drafts.
type Request struct {
	Organization uuid.UUID
	Key          string // id of the credential
	Ack          Ack    // the zero value is AckDurable
	Drafts       []Draft
}

// Directory finds whose identities are.
type Directory interface {
	Resolve(ctx context.Context, organization uuid.UUID, hints []people.Hint) (map[events.Identity]people.Person, error)
}

// Intake takes events in. With a log, Run must run beside the doors.
type Intake struct {
	store     events.Store
	directory Directory
	logger    *slog.Logger
	now       func() time.Time

	limits  Limits
	listen  func(organization uuid.UUID, list []events.Event)
	log     *journal // nil without a log
	metrics *metrics
	quotas  *quotas
}

// retryAfter is when a client may send again what could not be kept, when nothing says better.
const retryAfter = time.Second

// New returns an intake.
func New(store events.Store, directory Directory, logger *slog.Logger, now func() time.Time, options ...Option) *Intake {
	in := &Intake{
		store: store, directory: directory, logger: logger, now: now,
		limits: Limits{}.withDefaults(), listen: func(uuid.UUID, []events.Event) {}, metrics: newMetrics(), quotas: newQuotas(Rates{}, now),
	}
	for _, option := range options {
		option(in)
	}
	if in.log != nil {
		in.log.join(in)
	}
	return in
}

// Run moves events from the log to the store until ctx ends; then it finishes what is under way. Without a log there is nothing to do.
func (in *Intake) Run(ctx context.Context) error {
	if in.log == nil {
		<-ctx.Done()
		return nil
	}
	return in.log.run(ctx)
}

// Capture is Take for a source that waits until its events are durable. The credential is the caller's.
func (in *Intake) Capture(ctx context.Context, organization uuid.UUID, drafts []Draft) ([]Result, error) {
	caller, _ := auth.FromContext(ctx)
	return in.Take(ctx, Request{Drafts: drafts, Key: caller.CredentialID, Organization: organization})
}

// Take returns one result a draft, in their order. An error means that nothing is known of any of them, or, when it is of kind Exhausted, that
// nothing was kept; what else may pass by itself is no error but the status Retry of every draft that is not rejected.
func (in *Intake) Take(ctx context.Context, r Request) ([]Result, error) {
	if err := in.quotas.take(r.Organization, r.Key, len(r.Drafts)); err != nil {
		in.metrics.refused(err, len(r.Drafts))
		return nil, err
	}
	results, err := in.take(ctx, r)
	if err != nil {
		in.metrics.refused(err, len(r.Drafts))
		return nil, err
	}
	in.metrics.answered(results)
	return results, nil
}

func (in *Intake) take(ctx context.Context, r Request) ([]Result, error) {
	received := events.Microseconds(in.now())
	results := make([]Result, len(r.Drafts))
	good := batch{organization: r.Organization, key: r.Key, ack: r.Ack, received: received}
	for i, d := range r.Drafts {
		e, err := in.check(d, received)
		if err != nil {
			results[i] = Result{Status: Rejected, Err: err}
			continue
		}
		good.add(i, e, d.ActorName)
	}
	if len(good.events) == 0 {
		return results, nil
	}
	err := in.keep(ctx, &good, results)
	if err == nil {
		return results, nil
	}
	if ctx.Err() != nil || !passing(err) {
		return nil, err
	}
	for i := range results {
		if results[i].Status != Rejected {
			results[i] = Result{Status: Retry, RetryAfter: retryAfter}
		}
	}
	in.logger.WarnContext(ctx, "events are to be sent again", "organization_id", r.Organization.String(), "events", len(good.events), "error", err)
	return results, nil
}

// check reads a draft by the rules of events and the limits of this installation.
func (in *Intake) check(d Draft, received time.Time) (events.Event, error) {
	if d.Err != nil {
		return events.Event{}, d.Err
	}
	if err := events.CheckName("actor_name", d.ActorName); err != nil {
		return events.Event{}, err
	}
	d.Event.OccurredAt, _ = d.Clock.When(d.Event.OccurredAt, received)
	if err := in.limits.check(&d.Event); err != nil {
		return events.Event{}, err
	}
	return d.Event.Canonical(received)
}

// keep stamps and keeps the good events of a batch and writes down what became of each.
func (in *Intake) keep(ctx context.Context, good *batch, results []Result) error {
	if len(good.hints) > 0 {
		found, err := in.directory.Resolve(ctx, good.organization, good.hints)
		if err != nil {
			return err
		}
		good.stamp(found, results)
	}
	if len(good.events) == 0 {
		return nil
	}
	verdicts, err := in.commit(ctx, good)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		results[good.places[i]] = v.result()
	}
	return nil
}

// commit keeps events in the log, or in the store where there is no log.
func (in *Intake) commit(ctx context.Context, good *batch) ([]verdict, error) {
	if in.log != nil {
		return in.log.put(ctx, good)
	}
	outcomes, err := in.store.Append(ctx, good.organization, good.events)
	if err != nil {
		return nil, err
	}
	verdicts := verdictsOf(outcomes)
	in.listen(good.organization, fresh(good.events, verdicts))
	return verdicts, nil
}

// passing tells whether an error may be gone when the events are sent again. Exhausted is told to the sender as it is.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Conflict:
		return true
	default:
		return false
	}
}
