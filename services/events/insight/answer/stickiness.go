package answer

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// Stickiness answers in how many buckets actors are active. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Stickiness(ctx context.Context, organization uuid.UUID, r insight.StickinessRequest) (insight.StickinessAnswer, error) {
	q, err := e.planStickiness(ctx, organization, r)
	if err != nil {
		return insight.StickinessAnswer{}, err
	}
	counts, err := e.store.Stickiness(ctx, organization, q)
	return insight.StickinessAnswer{Buckets: q.Buckets, Counts: counts}, err
}

// StickinessActors lists the actors that were active in exactly k buckets, in the order of their text.
func (e *Engine) StickinessActors(ctx context.Context, organization uuid.UUID, r insight.StickinessRequest, series, k int, page insight.ActorPage) ([]string, error) {
	q, err := e.planStickiness(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	switch {
	case series < 0 || series >= len(q.Series):
		return nil, none("cell.series")
	case k < 1 || k > len(q.Buckets):
		return nil, none("cell.intervals")
	}
	return e.store.StickinessActors(ctx, organization, q, series, k, page)
}

func (e *Engine) planStickiness(ctx context.Context, organization uuid.UUID, r insight.StickinessRequest) (insight.StickinessQuery, error) {
	r, err := r.Checked()
	if err != nil {
		return insight.StickinessQuery{}, err
	}
	span, err := e.span(ctx, organization, r.Period, false)
	return insight.StickinessQuery{Question: r.Question(span.Range), Buckets: span.Buckets, Series: r.Series}, err
}
