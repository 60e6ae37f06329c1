package answer

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Lifecycle answers who is new, who stays, who comes back and who left. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Lifecycle(ctx context.Context, organization uuid.UUID, r insight.LifecycleRequest) (insight.LifecycleAnswer, error) {
	q, err := e.planLifecycle(ctx, organization, r)
	if err != nil {
		return insight.LifecycleAnswer{}, err
	}
	rows, err := e.store.Lifecycle(ctx, organization, q)
	return insight.LifecycleAnswer{Buckets: q.Buckets, Rows: rows}, err
}

// LifecycleActors lists the actors of a bucket that have a status, in the order of their text.
func (e *Engine) LifecycleActors(ctx context.Context, organization uuid.UUID, r insight.LifecycleRequest, bucket int, status insight.Status, page insight.ActorPage) ([]string, error) {
	q, err := e.planLifecycle(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	switch {
	case bucket < 0 || bucket >= len(q.Buckets):
		return nil, none("cell.bucket")
	case status < insight.New || status > insight.Dormant:
		return nil, none("cell.status")
	}
	return e.store.LifecycleActors(ctx, organization, q, bucket, status, page)
}

// planLifecycle rounds both ends of the period outwards to whole buckets.
func (e *Engine) planLifecycle(ctx context.Context, organization uuid.UUID, r insight.LifecycleRequest) (insight.LifecycleQuery, error) {
	r, err := r.Checked()
	if err != nil {
		return insight.LifecycleQuery{}, err
	}
	span, err := e.span(ctx, organization, r.Period, false)
	if err != nil {
		return insight.LifecycleQuery{}, err
	}
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	// The bucket before may lie before all times: its start is compared with those of the others, which must be later.
	before, end := events.Beside(span.Buckets, r.Interval, zone, r.FirstDay)
	whole, err := events.NewRange(&span.Buckets[0], &end)
	return insight.LifecycleQuery{Question: r.Question(whole), Buckets: span.Buckets, Before: before, Matcher: r.Series[0]}, err
}
