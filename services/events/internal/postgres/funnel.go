package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/insight"
)

// FunnelCounts counts funnels in order in one statement. Windows of calendar months are left to the sequences: the engine's calendar decides nothing.
func (s *Store) FunnelCounts(ctx context.Context, organization uuid.UUID, q insight.FunnelQuery) (counts []int64, ok bool, err error) {
	if q.Order != insight.Ordered || len(q.Exclusions) > 0 || q.Breakdown != nil || q.Window.Unit == insight.WindowMonth {
		return nil, false, nil
	}
	counts = make([]int64, len(q.Steps))
	err = s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.funnel(ctx, q)
		if err != nil {
			return err
		}
		return statement.run(ctx, "funnel", data, func(rows pgx.Rows) error {
			into := make([]any, len(counts))
			for i := range counts {
				into[i] = &counts[i]
			}
			return rows.Scan(into...)
		})
	})
	return counts, err == nil, err
}

// funnelData is the data of funnel.sql.
type funnelData struct {
	Levels []*funnelLevel // one a step
	Last   *funnelLevel
}

// funnelLevel is the events of a funnel with what is known of them once a step was looked at.
type funnelLevel struct {
	Step   int
	Before *funnelLevel // nil for the first step
	Window string       // parameter
	Apart  bool         // no event matches two steps

	// Of the first step: the events, and which steps they match.
	Relation *relation
	Matchers []condition
}

func (q *query) funnel(ctx context.Context, asked insight.FunnelQuery) (funnelData, error) {
	r, err := q.about(ctx, asked.Question, asked.Range)
	if err != nil {
		return funnelData{}, err
	}
	r.acting()
	matchers, err := q.each(ctx, r, asked.Steps)
	if err != nil {
		return funnelData{}, err
	}
	some, err := q.matchers(ctx, r, asked.Steps)
	r.Where = append(r.Where, some)
	disjoint := apart(asked.Steps)
	level := &funnelLevel{Apart: disjoint, Relation: r, Matchers: matchers}
	data := funnelData{Levels: []*funnelLevel{level}, Last: level}
	length := asked.Window.End(time.Time{}).Sub(time.Time{})
	for step := 1; step < len(asked.Steps); step++ {
		level = &funnelLevel{Apart: disjoint, Step: step, Before: level, Window: q.param(length)}
		data.Levels, data.Last = append(data.Levels, level), level
	}
	return data, err
}

// apart tells whether the names of events say that none matches two of the steps.
func apart(steps []insight.Matcher) bool {
	owner := make(map[string]int)
	for step, matcher := range steps {
		for _, a := range matcher {
			if by, taken := owner[a.Name]; a.Name == "" || taken && by != step {
				return false
			}
			owner[a.Name] = step
		}
	}
	return true
}
