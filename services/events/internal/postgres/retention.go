package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Retention adds up the actors that are alike.
func (s *Store) Retention(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery) ([][]int64, error) {
	rows := make([][]int64, len(q.Intervals))
	for i := range rows {
		rows[i] = make([]int64, len(q.Intervals)-i)
	}
	err := s.retained(ctx, organization, q, false, func(r retained) {
		for i, row := range rows {
			if !r.target.has(i) {
				continue
			}
			row[0] += r.actors
			for j := range row[1:] {
				if r.returning.has(i + 1 + j) {
					row[1+j] += r.actors
				}
			}
		}
	})
	return rows, err
}

// RetentionActors lists the actors that did the target in the interval of the row.
func (s *Store) RetentionActors(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery, row int) ([]insight.Appearances, error) {
	var list []insight.Appearances
	err := s.retained(ctx, organization, q, true, func(r retained) {
		if !r.target.has(row) {
			return
		}
		a := insight.Appearances{Actor: r.actor, Seen: []bool{true}}
		for i := row + 1; i < len(q.Intervals); i++ {
			a.Seen = append(a.Seen, r.returning.has(i))
		}
		list = append(list, a)
	})
	insight.SortAppearances(list)
	return list, err
}

// retained is an actor, or so many that are alike: the intervals in which it did the target, and those in which it returned.
type retained struct {
	actor             string
	target, returning mask
	actors            int64
}

// mask has a bit for each interval, fifty in a number.
type mask [2]int64

func (m mask) has(interval int) bool { return m[interval/50]>>(interval%50)&1 == 1 }

// retentionData is the data of retention.sql.
type retentionData struct {
	Relation          *relation
	Starts            string // parameter
	Target, Returning condition
	FirstTime, Listed bool
}

// retained asks for the actors of a question, one by one when they are listed.
func (s *Store) retained(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery, listed bool, each func(retained)) error {
	return s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.retention(ctx, q)
		if err != nil {
			return err
		}
		data.Listed = listed
		return statement.run(ctx, "retention", data, func(rows pgx.Rows) error {
			var r retained
			err := rows.Scan(&r.actor, &r.target[0], &r.target[1], &r.returning[0], &r.returning[1], &r.actors)
			if err == nil {
				each(r)
			}
			return err
		})
	})
}

// retention builds the question. Who did the target for the first time is known when all time before is looked at.
func (q *query) retention(ctx context.Context, asked insight.RetentionQuery) (retentionData, error) {
	within := asked.Range
	if asked.FirstTime {
		within.Start = events.MinTime
	}
	r, err := q.about(ctx, asked.Question, within)
	if err != nil {
		return retentionData{}, err
	}
	data := retentionData{Relation: r, FirstTime: asked.FirstTime, Starts: q.param(starts(asked.Intervals))}
	if data.Target, err = q.matcher(ctx, r, asked.Target); err != nil {
		return data, err
	}
	if data.Returning, err = q.matcher(ctx, r, asked.Returning); err != nil {
		return data, err
	}
	either, err := q.matchers(ctx, r, []insight.Matcher{asked.Target, asked.Returning})
	r.Where = append(r.Where, either)
	r.acting()
	return data, err
}

func starts(intervals []events.Range) []time.Time {
	list := make([]time.Time, len(intervals))
	for i, r := range intervals {
		list[i] = r.Start
	}
	return list
}
