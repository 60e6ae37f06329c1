package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// stickinessShape is one series of a question about stickiness.
type stickinessShape struct {
	pageShape
	Source  *source
	Buckets buckets
	Wide    bool
	Count   string // of the buckets, when it is asked who was active in so many
}

func (st *statement) stickiness(q insight.StickinessQuery, series int) *stickinessShape {
	return &stickinessShape{
		Source: st.source(q.Question, q.Range).acted().only(q.Series[series]), Buckets: st.buckets(q.Buckets), Wide: len(q.Buckets) > bits,
	}
}

// Stickiness asks once a series.
func (s *Store) Stickiness(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery) ([][]int64, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([][]int64, error) {
		counts := make([][]int64, len(q.Series))
		for i := range q.Series {
			counts[i] = make([]int64, len(q.Buckets))
			st := newStatement(organization, seen)
			err := s.ask(ctx, "stickiness", st.stickiness(q, i), st, func(rows driver.Rows) error {
				var k int64
				var actors uint64
				if err := rows.Scan(&k, &actors); err != nil {
					return err
				}
				counts[i][k-1] = int64(actors)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		return counts, nil
	})
}

// StickinessActors asks for those of one number of buckets.
func (s *Store) StickinessActors(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery, series, k int, page insight.ActorPage) ([]string, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]string, error) {
		st := newStatement(organization, seen)
		sh := st.stickiness(q, series)
		sh.Count, sh.pageShape = st.integer(int64(k)), st.page(page)
		return s.actors(ctx, "stickiness", sh, st)
	})
}
