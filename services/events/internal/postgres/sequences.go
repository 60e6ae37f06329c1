package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/insight"
)

// Sequences streams the events in the order of actors, so that one actor at a time is in memory.
func (s *Store) Sequences(ctx context.Context, organization uuid.UUID, q insight.SequenceQuery, yield func(insight.Sequence) error) error {
	var refused error
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.sequences(ctx, q)
		if err != nil {
			return err
		}
		g := gathering{yield: yield}
		if err := statement.run(ctx, "sequences", data, g.add); err != nil {
			refused = g.refused
			return err
		}
		refused = g.finish()
		return refused
	})
	if refused != nil {
		return refused // as it is: it is not the database's
	}
	return err
}

// gathering puts the events of one actor after the other together.
type gathering struct {
	yield   func(insight.Sequence) error
	now     insight.Sequence
	refused error
}

func (g *gathering) add(rows pgx.Rows) error {
	var actor string
	var row insight.Row
	var matches int64
	var values, developer []*string
	var inCohorts []bool
	if err := rows.Scan(&actor, &row.At, &row.ID, &row.Name, &matches, &values, &developer, &inCohorts); err != nil {
		return err
	}
	if actor != g.now.Actor {
		if err := g.finish(); err != nil {
			return err
		}
		g.now = insight.Sequence{Actor: actor, Developer: partsOf(developer), InCohorts: inCohorts}
	}
	row.At, row.Matches, row.Values = row.At.UTC(), uint64(matches), partsOf(values) //nolint:gosec // bit for bit
	g.now.Rows = append(g.now.Rows, row)
	return nil
}

// finish hands the actor out.
func (g *gathering) finish() error {
	if len(g.now.Rows) > 0 {
		g.refused = g.yield(g.now)
	}
	return g.refused
}

// sequencesData is the data of sequences.sql.
type sequencesData struct {
	Relation          *relation
	Matchers, Cohorts []condition
	Names             bool
	Keys              []property
}

func (q *query) sequences(ctx context.Context, asked insight.SequenceQuery) (sequencesData, error) {
	r, err := q.about(ctx, asked.Question, asked.Range)
	if err != nil {
		return sequencesData{}, err
	}
	r.acting()
	data := sequencesData{Relation: r, Names: asked.Names}
	if data.Matchers, err = q.each(ctx, r, asked.Matchers); err != nil {
		return data, err
	}
	if !asked.All {
		some, err := q.matchers(ctx, r, asked.Matchers)
		if err != nil {
			return data, err
		}
		r.Where = append(r.Where, some)
	}
	for _, key := range asked.Keys {
		data.Keys = append(data.Keys, q.property(r, key))
	}
	if len(asked.DeveloperKeys) > 0 {
		r.split(q, insight.DeveloperScope, asked.DeveloperKeys)
	}
	for _, c := range asked.Cohorts {
		member, err := q.memberOrAll(ctx, r, c)
		if err != nil {
			return data, err
		}
		data.Cohorts = append(data.Cohorts, member)
	}
	return data, nil
}

// each is the condition of each matcher.
func (q *query) each(ctx context.Context, r *relation, matchers []insight.Matcher) ([]condition, error) {
	list := make([]condition, len(matchers))
	for i, m := range matchers {
		c, err := q.matcher(ctx, r, m)
		if err != nil {
			return nil, err
		}
		list[i] = c
	}
	return list, nil
}

// PathEdges has no faster way than the sequences.
func (s *Store) PathEdges(context.Context, uuid.UUID, insight.PathsQuery) (edges []insight.Edge, ok bool, err error) {
	return nil, false, nil
}
