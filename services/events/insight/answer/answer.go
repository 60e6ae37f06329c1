// Package answer works insights out above the stores: it reads periods, ranks the values of breakdowns, computes formulas, compares periods,
// and folds the sequences of actors into funnels and paths. It stands between the desk (internal/rpc) and the stores.
package answer

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Engine answers requests from a store.
type Engine struct {
	store insight.Store
	now   func() time.Time
}

// New returns an engine over a store. Texts such as -7d are read against now.
func New(store insight.Store, now func() time.Time) *Engine { return &Engine{store: store, now: now} }

// span works a period out; the store is asked for its first event when the period begins with it.
func (e *Engine) span(ctx context.Context, organization uuid.UUID, p insight.Period, raw bool) (insight.Span, error) {
	var earliest *time.Time
	if p.All() {
		first, ok, err := e.store.Earliest(ctx, organization)
		if err != nil {
			return insight.Span{}, err
		}
		if ok {
			earliest = &first.OccurredAt
		}
	}
	return p.Span(e.now(), earliest, raw)
}

// unbucketed is a period of an answer without buckets: however long it is, it is not refused for having too many.
func unbucketed(p insight.Period) insight.Period {
	p.Interval = events.Month
	return p
}

// none tells that a request asks for a number that its answer does not have.
func none(field string) error {
	return insight.ErrCellInvalid.With("the answer has no such number").Field(field)
}
