// Package ingest takes events in: it judges each alone, stamps it with its developer, decides whether it is known already, and keeps what is new
// in the durable log before it is acknowledged. A drain hands the log to the store, in large batches. It stands between the doors' desks
// (internal/rpc, internal/web) and the stores; every source, whatever it speaks, comes in by [Intake].
package ingest

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
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
	Err        error         // why it was rejected; of Retry a fault that has nothing but the reason
	RetryAfter time.Duration // set exactly when the status is Retry
}

// Held is the result of an event that is to be sent again because of an error. The reason is told alone: the rest concerns whoever runs the service.
func Held(err error, after time.Duration) Result {
	return Result{Err: fault.New(fault.KindOf(err), fault.ReasonOf(err), ""), RetryAfter: after, Status: Retry}
}

// Request is a batch of drafts.
type Request struct {
	Organization uuid.UUID
	Key          string // id of the credential
	Ack          Ack    // the zero value is AckDurable
	Drafts       []Draft
	Letter       Letter // in place of Drafts
}

// Directory finds whose identities are.
type Directory interface {
	Resolve(ctx context.Context, organization uuid.UUID, hints []people.Hint) (map[events.Identity]people.Person, error)
	// Known returns what Resolve would without asking, false when it would ask. It keeps no part of value.
	Known(organization uuid.UUID, kind events.IdentityKind, value []byte) (people.Person, bool)
}

// Intake takes events in. With a log, Run must run beside the doors.
type Intake struct {
	store     events.Store
	directory Directory
	logger    *slog.Logger
	now       func() time.Time

	batches sync.Pool // of *batch
	exists  func(ctx context.Context, organization uuid.UUID) error
	frames  sync.Pool // of *queue.Builder
	limits  Limits
	listen  Listener
	log     *journal // nil without a log
	metrics *metrics
	privacy Privacy
	purls   purls
	quotas  *quotas
	crew    crew
}

// retryAfter is when a client may send again what could not be kept, when nothing says better.
const retryAfter = time.Second

// New returns an intake.
func New(store events.Store, directory Directory, logger *slog.Logger, now func() time.Time, options ...Option) *Intake {
	in := &Intake{
		store: store, directory: directory, logger: logger, now: now,
		exists: func(context.Context, uuid.UUID) error { return nil },
		limits: Limits{}.withDefaults(), listen: deaf{}, privacy: candid{}, metrics: newMetrics(), quotas: newQuotas(Rates{}, now),
	}
	for _, option := range options {
		option(in)
	}
	if in.log != nil {
		in.log.join(in)
	}
	return in
}

// Run moves events from the log to the store until ctx ends; then it finishes what is under way. It also owns the goroutines that Lend lends; without a log
// that is all.
func (in *Intake) Run(ctx context.Context) error {
	in.crew.begin()
	defer in.crew.end()
	if in.log == nil {
		<-ctx.Done()
		return nil
	}
	return in.log.run(ctx)
}

// Ready is nil while events are taken in here. Otherwise it says why not, as [queue.Queue] does.
func (in *Intake) Ready() error {
	if in.log == nil {
		return nil
	}
	return in.log.queue.Ready()
}

// Capture is Take for a source that waits until its events are durable. The credential is the caller's.
func (in *Intake) Capture(ctx context.Context, organization uuid.UUID, drafts []Draft) ([]Result, error) {
	caller, _ := auth.FromContext(ctx)
	return in.Take(ctx, Request{Drafts: drafts, Key: caller.CredentialID, Organization: organization})
}

// Take returns one result an event, in their order. An error means that nothing is known of any of them, or, when it is of kind Exhausted, that
// nothing was kept; what else may pass by itself is no error but the status Retry of every event that is not rejected.
func (in *Intake) Take(ctx context.Context, r Request) ([]Result, error) {
	receipt, err := in.Submit(ctx, r)
	if err != nil {
		return nil, err
	}
	results, err := receipt.Await(ctx)
	if err != nil {
		return nil, err
	}
	defer receipt.Release()
	return slices.Clone(results), nil
}

// Submit is Take up to the log, where there is one: the receipt tells the results, for which a sender who wants his events in the database has to wait.
func (in *Intake) Submit(ctx context.Context, r Request) (Receipt, error) {
	if r.Letter == nil {
		r.Letter = drafts(r.Drafts)
	}
	n := r.Letter.Len()
	if err := in.exists(ctx, r.Organization); err != nil {
		in.metrics.refused(err, n)
		return Receipt{}, err
	}
	if err := in.quotas.take(ctx, r.Organization, r.Key, n); err != nil {
		in.metrics.refused(err, n)
		return Receipt{}, err
	}
	b, _ := in.batches.Get().(*batch)
	if b == nil {
		b = new(batch)
	}
	if b.frame == nil {
		if b.frame, _ = in.frames.Get().(*queue.Builder); b.frame == nil {
			b.frame = new(queue.Builder)
		}
	}
	b.frame.Grow(r.Letter.Size())
	b.begin(&r, events.Microseconds(in.now()), n)
	receipt := Receipt{intake: in, batch: b}
	var err error
	if receipt.waiting, err = in.take(ctx, b, r.Letter); err != nil { // the batch may be on its way still: it is not used again
		in.metrics.refused(err, n)
		return Receipt{}, err
	}
	return receipt, nil
}

// take judges the events of a letter and keeps them. It returns what waits for the database, if anything does.
func (in *Intake) take(ctx context.Context, b *batch, l Letter) (*submission, error) {
	if err := in.read(ctx, b, l); err != nil {
		return nil, in.retry(ctx, b, err)
	}
	l.Judged()
	if b.frame.Len() == 0 {
		return nil, nil //nolint:nilnil // nothing waits
	}
	verdicts, waiting, err := in.commit(ctx, b)
	if err != nil {
		return nil, in.retry(ctx, b, err)
	}
	b.answer(verdicts)
	return waiting, nil
}

// retry has the events of a batch sent again after an error that may pass. Any other is returned.
func (in *Intake) retry(ctx context.Context, b *batch, err error) error {
	if ctx.Err() != nil || !passing(err) {
		return err
	}
	held, retried := Held(err, retryAfter), 0
	for i := range b.results {
		if b.results[i].Status != Rejected {
			b.results[i] = held
			retried++
		}
	}
	in.logger.WarnContext(ctx, "events are to be sent again", "organization_id", b.organization.String(), "events", retried, "error", err)
	return nil
}

// commit keeps events in the log, or in the store where there is no log. What is in the log may wait for the store.
func (in *Intake) commit(ctx context.Context, b *batch) ([]verdict, *submission, error) {
	if in.log != nil {
		return in.log.put(ctx, b)
	}
	frame, err := queue.Decode(b.frame.Frame(queue.Frame{Key: b.key, Organization: b.organization, Received: b.received}))
	if err != nil {
		return nil, nil, err
	}
	outcomes, err := in.store.Append(ctx, b.organization, frame.Events)
	if err != nil {
		return nil, nil, err
	}
	verdicts := verdictsOf(outcomes)
	if in.listen.Listens(b.organization) {
		in.listen.Publish(b.organization, fresh(frame.Events, verdicts))
	}
	return verdicts, nil, nil
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
