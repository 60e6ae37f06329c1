package observed

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// errNotAnswered says that an engine cannot answer an insight.
var errNotAnswered = fault.New(fault.Unimplemented, "INSIGHT_NOT_ANSWERED", "the store of this installation does not answer this question")

// counting answers, for an engine that is an events.Store alone, the trends that such a store can count. It refuses everything else.
type counting struct{ store events.Store }

func (counting) SetDeveloperProperties(context.Context, uuid.UUID, []insight.DeveloperProperties) error {
	return errNotAnswered
}

func (counting) TrendTotals(context.Context, uuid.UUID, insight.TrendsQuery, int) ([][]insight.KeyTotal, error) {
	return nil, errNotAnswered
}

func (c counting) TrendRows(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery) ([]insight.Trend, error) {
	plain := events.TrendsQuery{Filter: q.Filter, Range: q.Range, Buckets: q.Buckets}
	for _, s := range q.Series {
		if s.Math > insight.UniqueActors || len(s.Matcher) != 1 || len(s.Matcher[0].Properties) > 0 {
			return nil, errNotAnswered
		}
		plain.Series = append(plain.Series, events.Series{Name: s.Matcher[0].Name, Math: events.Math(s.Math)})
	}
	if q.Breakdown != nil || len(q.Properties) > 0 || q.By != insight.Developers || len(q.Buckets) == 0 {
		return nil, errNotAnswered
	}
	trends, err := c.store.Trends(ctx, organization, plain)
	if err != nil {
		return nil, err
	}
	rows := make([]insight.Trend, len(trends))
	for i, t := range trends {
		rows[i] = insight.Trend{Series: i, Total: float64(t.Total), Values: make([]float64, len(t.Values))}
		for b, v := range t.Values {
			rows[i].Values[b] = float64(v)
		}
	}
	return rows, nil
}

func (counting) Retention(context.Context, uuid.UUID, insight.RetentionQuery) ([][]int64, error) {
	return nil, errNotAnswered
}

func (counting) Stickiness(context.Context, uuid.UUID, insight.StickinessQuery) ([][]int64, error) {
	return nil, errNotAnswered
}

func (counting) Lifecycle(context.Context, uuid.UUID, insight.LifecycleQuery) ([]insight.LifecycleRow, error) {
	return nil, errNotAnswered
}

func (counting) Sequences(context.Context, uuid.UUID, insight.SequenceQuery, func(insight.Sequence) error) error {
	return errNotAnswered
}

func (counting) FunnelCounts(context.Context, uuid.UUID, insight.FunnelQuery) (counts []int64, ok bool, err error) {
	return nil, false, errNotAnswered
}

func (counting) Earliest(context.Context, uuid.UUID) (first events.Position, ok bool, err error) {
	return events.Position{}, false, errNotAnswered
}

func (counting) TrendActors(context.Context, uuid.UUID, insight.TrendsQuery, insight.TrendCell, insight.ActorPage) ([]string, error) {
	return nil, errNotAnswered
}

func (counting) RetentionActors(context.Context, uuid.UUID, insight.RetentionQuery, int) ([]insight.Appearances, error) {
	return nil, errNotAnswered
}

func (counting) StickinessActors(context.Context, uuid.UUID, insight.StickinessQuery, int, int, insight.ActorPage) ([]string, error) {
	return nil, errNotAnswered
}

func (counting) LifecycleActors(context.Context, uuid.UUID, insight.LifecycleQuery, int, insight.Status, insight.ActorPage) ([]string, error) {
	return nil, errNotAnswered
}
