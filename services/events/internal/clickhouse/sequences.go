package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// sequenceShape is a question for sequences.
type sequenceShape struct {
	Source    *source
	Matchers  []*condition
	Names     bool
	Parts     []*property
	Developer []*property
	Cohorts   []*membership
}

func (st *statement) sequences(q insight.SequenceQuery) *sequenceShape {
	sh := &sequenceShape{Source: st.source(q.Question, q.Range).acted(), Names: q.Names}
	sh.Source.owned = true // matchers and cohorts are judged of events that are none of theirs, too
	if !q.All {
		sh.Source.only(q.Matchers...)
	}
	for _, m := range q.Matchers {
		sh.Matchers = append(sh.Matchers, sh.Source.matcher(m))
	}
	for _, key := range q.Keys {
		sh.Parts = append(sh.Parts, sh.Source.property(key))
	}
	for _, key := range q.DeveloperKeys {
		sh.Developer = append(sh.Developer, sh.Source.developerProperty(key))
	}
	for _, c := range q.Cohorts {
		sh.Cohorts = append(sh.Cohorts, st.member(c))
	}
	return sh
}

// Sequences reads rows actor by actor and holds the rows of one at a time.
func (s *Store) Sequences(ctx context.Context, organization uuid.UUID, q insight.SequenceQuery, yield func(insight.Sequence) error) error {
	seen, err := s.begin(ctx, organization)
	if err != nil {
		return err
	}
	st := newStatement(organization, seen)
	sh := st.sequences(q)
	r := newSequenceRow(sh)
	var current insight.Sequence
	err = s.ask(ctx, "sequences", sh, st, func(rows driver.Rows) error {
		if err := rows.Scan(r.columns...); err != nil {
			return err
		}
		if r.begins() {
			if len(current.Rows) > 0 {
				if err := yield(current); err != nil {
					return err
				}
			}
			current = insight.Sequence{Actor: r.actor, Developer: partsOf(r.developer), InCohorts: append([]bool(nil), r.cohorts...)}
		}
		current.Rows = append(current.Rows, r.row())
		return nil
	})
	if err != nil || len(current.Rows) == 0 {
		return err
	}
	return yield(current)
}

// sequenceRow is where a row of sequences.sql is read into.
type sequenceRow struct {
	actor     string
	person    uuid.UUID // in place of actor while developers act: their text is made once each
	before    string    // the actor of the row before
	acted     uuid.UUID // the person of it
	at        int64
	id        uuid.UUID
	matches   uint64
	name      string
	parts     []*string
	developer []*string
	cohorts   []bool
	columns   []any
}

func newSequenceRow(sh *sequenceShape) *sequenceRow {
	r := &sequenceRow{parts: make([]*string, len(sh.Parts)), developer: make([]*string, len(sh.Developer)), cohorts: make([]bool, len(sh.Cohorts))}
	r.columns = []any{&r.actor, &r.at, &r.id, &r.matches}
	if sh.Source.Unit == units[insight.Developers] {
		r.columns[0] = &r.person
	}
	if sh.Names {
		r.columns = append(r.columns, &r.name)
	}
	for i := range r.parts {
		r.columns = append(r.columns, &r.parts[i])
	}
	for i := range r.developer {
		r.columns = append(r.columns, &r.developer[i])
	}
	for i := range r.cohorts {
		r.columns = append(r.columns, &r.cohorts[i])
	}
	return r
}

// begins tells whether the row is the first of its actor. Actors are never nobody.
func (r *sequenceRow) begins() bool {
	if r.person != r.acted {
		r.acted, r.actor = r.person, r.person.String()
	}
	first := r.actor != r.before
	r.before = r.actor
	return first
}

func (r *sequenceRow) row() insight.Row {
	return insight.Row{At: time.UnixMicro(r.at).UTC(), ID: r.id, Matches: r.matches, Name: r.name, Values: partsOf(r.parts)}
}
