package ingest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// Option is what an intake may be given beyond what it must have.
type Option func(*Intake)

// Log is a durable log and what belongs to it.
type Log struct {
	Queue   queue.Queue   // the intake reads and writes it; who opened it closes it, after Run
	Horizon time.Duration // how long ids are remembered, to answer a repeated event without asking the store; 0 for not at all
	MaxIDs  int           // remembered at once at most; older ones than that are known by the store alone; 0 for a default
	// Blocks is what takes the events from the log; nil: the store takes them in batches, and looks up all ids.
	Blocks queue.BlockStore
	// LookUpAlways has all ids looked up in the store, for installations where other instances write into the same database.
	LookUpAlways bool
	Over         <-chan struct{} // closed when a stop may last no longer: what is not in the store by then stays in the log; nil: never
}

// WithLog keeps events in a log before they are acknowledged.
func WithLog(l Log) Option {
	return func(in *Intake) { in.log = newJournal(l) }
}

// WithLimits sets limits stricter than the rules of events.
func WithLimits(l Limits) Option {
	return func(in *Intake) { in.limits = l.withDefaults() }
}

// WithRates sets quotas.
func WithRates(r Rates) Option {
	return func(in *Intake) { in.quotas = newQuotas(r, in.now) }
}

// WithOrganizations has requests refused for whose organization check returns an error. It is asked once a request and must know at once what it has said before.
func WithOrganizations(check func(ctx context.Context, organization uuid.UUID) error) Option {
	return func(in *Intake) { in.exists = check }
}

// Listener hears of events that are new once they are durable, in the order of the log. It is asked in the way of acknowledgements and must not wait.
type Listener interface {
	// Listens tells whether anybody wants to hear of an organization's events. While nobody does, nobody pays for them.
	Listens(organization uuid.UUID) bool
	// Publish is given them.
	Publish(organization uuid.UUID, list []events.Event)
}

// WithListener has somebody listen.
func WithListener(l Listener) Option {
	return func(in *Intake) { in.listen = l }
}

// deaf is a listener who is not there.
type deaf struct{}

func (deaf) Listens(uuid.UUID) bool            { return false }
func (deaf) Publish(uuid.UUID, []events.Event) {}

// Privacy knows what organizations do not want to be kept of their events.
type Privacy interface {
	// Empty tells whether nothing is to be done to an organization's events. Whoever writes an event down without Apply, such as a fast path that copies
	// bytes of the message, must ask for every batch, and leave the batch alone where it is false.
	Empty(organization uuid.UUID) bool
	// Apply does it to a checked, canonical event, which stays so. Where the rules are not known the error is of kind Unavailable.
	Apply(organization uuid.UUID, e *events.Event) error
}

// WithPrivacy has events changed before they are written anywhere.
func WithPrivacy(p Privacy) Option {
	return func(in *Intake) { in.privacy = p }
}

// candid keeps everything.
type candid struct{}

func (candid) Empty(uuid.UUID) bool                 { return true }
func (candid) Apply(uuid.UUID, *events.Event) error { return nil }
