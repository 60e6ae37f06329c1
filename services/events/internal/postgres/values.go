package postgres

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/insight"
)

// The engine's own patterns are not those of the contract, so it never gets one: it tells the values that a property has, they are matched here, and it
// gets back those that match. Question and answer see the same moment, so that no value is missed.

// matching returns the values that a filter's pattern matches.
func matching(f *insight.PropertyFilter, values []string) ([]string, error) {
	pattern := f.Pattern
	if pattern == nil {
		var err error
		if pattern, err = regexp.Compile(f.Values[0]); err != nil {
			return nil, err
		}
	}
	list := []string{}
	for _, v := range values {
		if pattern.MatchString(decoded(v)) {
			list = append(list, v)
		}
	}
	return list, nil
}

// eventValues returns the values of a property of the organization's events of a name, or of any, in the time of the relation.
func (q *query) eventValues(ctx context.Context, r *relation, key, name string) ([]string, error) {
	return q.once(fmt.Sprintf("%q %q %d %d", key, name, r.within.Start.UnixMicro(), r.within.End.UnixMicro()), func() ([]string, error) {
		inner := q.query()
		among := &relation{Start: inner.param(r.within.Start), End: inner.param(r.within.End)}
		if name != "" {
			among.Where = append(among.Where, condition{Kind: "name", Value: inner.param(name)})
		}
		return inner.values(ctx, "values", valuesData{Key: inner.property(among, key), Relation: among})
	})
}

// developerValues returns the values of a property of the organization's developers.
func (q *query) developerValues(ctx context.Context, key string) ([]string, error) {
	return q.once(fmt.Sprintf("%q", key), func() ([]string, error) {
		inner := q.query()
		return inner.values(ctx, "developer_values", valuesData{Key: inner.developerProperty(key)})
	})
}

// valuesData is the data of values.sql and developer_values.sql.
type valuesData struct {
	Key      property
	Relation *relation
}

func (q *query) values(ctx context.Context, name string, data valuesData) ([]string, error) {
	var list []string
	err := q.run(ctx, name, data, func(rows pgx.Rows) error {
		var text string
		err := rows.Scan(&text)
		list = append(list, text)
		return err
	})
	return list, err
}

// once asks for values unless the session has asked for the same.
func (s *session) once(question string, ask func() ([]string, error)) ([]string, error) {
	if list, asked := s.matched[question]; asked {
		return list, nil
	}
	list, err := ask()
	if err == nil {
		s.matched[question] = list
	}
	return list, err
}
