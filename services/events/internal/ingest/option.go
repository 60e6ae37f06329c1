package ingest

import (
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
	Grace   time.Duration // for the drain once Run is told to end
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

// WithListener has each event that is new heard once it is durable, in the order of the log. It is called in the way of
// acknowledgements and must not wait.
func WithListener(hear func(organization uuid.UUID, list []events.Event)) Option {
	return func(in *Intake) { in.listen = hear }
}
