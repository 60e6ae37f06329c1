package answer

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Retention answers who came back. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Retention(ctx context.Context, organization uuid.UUID, r insight.RetentionRequest) (insight.RetentionAnswer, error) {
	q, err := e.planRetention(r)
	if err != nil {
		return insight.RetentionAnswer{}, err
	}
	values, err := e.store.Retention(ctx, organization, q)
	if err != nil {
		return insight.RetentionAnswer{}, err
	}
	var answer insight.RetentionAnswer
	for i, v := range values {
		answer.Rows = append(answer.Rows, insight.RetentionRow{Start: q.Intervals[i].Start, Values: v})
	}
	return answer, nil
}

// RetentionActors lists a row's actors, those that appear most often first, from the offset on.
func (e *Engine) RetentionActors(ctx context.Context, organization uuid.UUID, r insight.RetentionRequest, row, offset, limit int) ([]insight.Appearances, error) {
	q, err := e.planRetention(r)
	if err != nil {
		return nil, err
	}
	if row < 0 || row >= len(q.Intervals) {
		return nil, none("cell.interval")
	}
	list, err := e.store.RetentionActors(ctx, organization, q, row)
	if err != nil {
		return nil, err
	}
	offset = min(max(offset, 0), len(list))
	return list[offset:min(offset+limit, len(list))], nil
}

func (e *Engine) planRetention(r insight.RetentionRequest) (insight.RetentionQuery, error) {
	r, err := r.Checked()
	if err != nil {
		return insight.RetentionQuery{}, err
	}
	asOf := e.now()
	if r.AsOf != nil {
		asOf = *r.AsOf
	}
	starts, end := events.BucketsUntil(asOf, r.Total, r.Interval, r.Zone, r.FirstDay)
	if starts[0].Before(events.MinTime) || end.After(events.MaxTime) {
		return insight.RetentionQuery{}, events.ErrRangeInvalid.With("the intervals leave the years 1970 to 2261").Field("as_of")
	}
	q := insight.RetentionQuery{
		Question: r.Question(events.Range{Start: starts[0], End: end}),
		Target:   r.Target, Returning: r.Returning, FirstTime: r.FirstTime,
	}
	for i, start := range starts {
		next := end
		if i+1 < len(starts) {
			next = starts[i+1]
		}
		q.Intervals = append(q.Intervals, events.Range{Start: start, End: next})
	}
	return q, nil
}
