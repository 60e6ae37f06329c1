package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// condition is one condition on the events of a relation, or on developers; the template of the same name writes it. Which kinds there are is told there.
type condition struct {
	Kind      string
	Not       bool
	Of        []condition
	In, Inner *relation

	Key property

	// Parameters: of what it is compared with.
	Value, Low, High string

	AtLeast, AtMost bool
}

// ofNames tells whether it keeps all events, or those of certain names.
func (c condition) ofNames() bool {
	if c.Not {
		return false
	}
	return c.Kind == "name" || c.Kind == "names" || c.Kind == "all" && !slices.ContainsFunc(c.Of, func(c condition) bool { return !c.ofNames() })
}

// looksUp tells whether it is on more than the event: on what other rows say of it.
func (c condition) looksUp() bool {
	return c.Kind == "packages" || c.Kind == "of_developer" || c.Kind == "performed" || slices.ContainsFunc(c.Of, condition.looksUp)
}

// matchers is the condition that one of the matchers means an event.
func (q *query) matchers(ctx context.Context, r *relation, list []insight.Matcher) (condition, error) {
	all := make(insight.Matcher, 0, len(list))
	for _, m := range list {
		all = append(all, m...)
	}
	return q.matcher(ctx, r, all)
}

// matcher is the condition that a matcher means an event. Where every alternative has a name and they are several, the names stand before them: an index has those.
func (q *query) matcher(ctx context.Context, r *relation, m insight.Matcher) (condition, error) {
	some := condition{Kind: "any"}
	var names []string
	plain := true // only names are asked for
	for _, a := range m {
		all := condition{Kind: "all"}
		if a.Name != "" {
			names = append(names, a.Name)
			all.Of = append(all.Of, condition{Kind: "name", Value: q.param(a.Name)})
		}
		filters, err := q.filters(ctx, r, a.Properties, a.Name)
		if err != nil {
			return condition{}, err
		}
		plain = plain && a.Name != "" && len(filters) == 0
		all.Of = append(all.Of, filters...)
		some.Of = append(some.Of, all)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(some.Of) == 1:
		return some.Of[0], nil
	case len(some.Of) > 1 && plain:
		return condition{Kind: "names", Value: q.param(names)}, nil
	case len(some.Of) > 1 && !slices.ContainsFunc(m, func(a insight.Alternative) bool { return a.Name == "" }):
		return condition{Kind: "all", Of: []condition{{Kind: "names", Value: q.param(names)}, some}}, nil
	}
	return some, nil
}

// filters are the conditions that an event passes each filter. Name is that of all events that can pass, empty when they may have any.
func (q *query) filters(ctx context.Context, r *relation, filters []insight.PropertyFilter, name string) ([]condition, error) {
	var list []condition
	for i := range filters {
		f := &filters[i]
		c, err := q.passes(ctx, r, f, name)
		if err != nil {
			return nil, err
		}
		c.Not = f.Operator.Negative()
		list = append(list, c)
	}
	return list, nil
}

// passes is the condition of a filter, or of the one whose opposite it is.
func (q *query) passes(ctx context.Context, r *relation, f *insight.PropertyFilter, name string) (condition, error) {
	switch f.Scope {
	case insight.CohortScope:
		return q.member(ctx, r, f.Cohort)
	case insight.DeveloperScope:
		compared, err := q.compared(f, q.developerProperty(f.Key), func() ([]string, error) { return q.developerValues(ctx, f.Key) })
		r.developers()
		return condition{Kind: "of_developer", In: r, Of: []condition{compared}}, err
	}
	return q.compared(f, q.property(r, f.Key), func() ([]string, error) { return q.eventValues(ctx, r, f.Key, name) })
}

// compared is the condition on a property, without regard to whether the operator is the opposite of another.
func (q *query) compared(f *insight.PropertyFilter, p property, values func() ([]string, error)) (condition, error) {
	c := condition{Key: p}
	switch f.Operator {
	case insight.IsSet, insight.IsNotSet:
		c.Kind = "set"
	case insight.Exact, insight.IsNot:
		c.Kind, c.Value = "equals", q.param(codedAll(f.Values))
	case insight.Contains, insight.NotContains:
		c.Kind, c.Value = "contains", q.param(coded(lowerASCII(f.Values[0])))
	case insight.Regex, insight.NotRegex:
		all, err := values()
		if err != nil {
			return c, err
		}
		matched, err := matching(f, all)
		if err != nil {
			return c, err
		}
		c.Kind, c.Value = "equals", q.param(matched)
	case insight.Greater:
		c.Kind, c.Value = "greater", q.param(f.Low)
	case insight.GreaterOrEqual:
		c.Kind, c.Value = "greater_or_equal", q.param(f.Low)
	case insight.Less:
		c.Kind, c.Value = "less", q.param(f.Low)
	case insight.LessOrEqual:
		c.Kind, c.Value = "less_or_equal", q.param(f.Low)
	case insight.Between, insight.NotBetween:
		c.Kind, c.Low, c.High = "between", q.param(f.Low), q.param(f.High)
	case insight.DateBefore:
		c.Kind, c.Value = "before", q.param(f.At.UnixMicro()-microsecondsTo2000)
	case insight.DateAfter:
		c.Kind, c.Value = "after", q.param(f.At.UnixMicro()-microsecondsTo2000)
	}
	return c, nil
}

// microsecondsTo2000 are those from 1970 to 2000, which Postgres counts from.
const microsecondsTo2000 = 946_684_800_000_000

// lowerASCII folds the letters A to Z and no others.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// member is the condition that the developer of an event is in a cohort. Nobody is in none.
func (q *query) member(ctx context.Context, r *relation, c *insight.Cohort) (condition, error) {
	r.developers()
	if c.Static {
		members := c.Members
		if members == nil {
			members = []uuid.UUID{}
		}
		return condition{Kind: "all", Of: []condition{{Kind: "somebody", In: r}, {Kind: "developers", In: r, Value: q.param(members)}}}, nil
	}
	some := condition{Kind: "any"}
	for i := range c.AnyOf {
		all := condition{Kind: "all"}
		properties, err := q.filters(ctx, r, c.AnyOf[i].Properties, "")
		if err != nil {
			return condition{}, err
		}
		all.Of = properties
		for j := range c.AnyOf[i].Performed {
			performed, err := q.performed(ctx, r, &c.AnyOf[i].Performed[j])
			if err != nil {
				return condition{}, err
			}
			all.Of = append(all.Of, performed)
		}
		some.Of = append(some.Of, all)
	}
	return condition{Kind: "all", Of: []condition{{Kind: "somebody", In: r}, some}}, nil
}

// performed is the condition that the developer of an event did something so many times.
func (q *query) performed(ctx context.Context, r *relation, p *insight.Performed) (condition, error) {
	inner, err := q.about(ctx, insight.Question{}, p.Range)
	if err != nil {
		return condition{}, err
	}
	inner.developers()
	m, err := q.matcher(ctx, inner, p.Matcher)
	inner.Where = append(inner.Where, m)
	return condition{
		Kind: "performed", In: r, Inner: inner, Value: q.param(p.Value),
		AtLeast: p.Count == insight.AtLeast, AtMost: p.Count == insight.AtMost,
	}, err
}

// memberOrAll is member, where no cohort is everybody.
func (q *query) memberOrAll(ctx context.Context, r *relation, c *insight.Cohort) (condition, error) {
	if c == nil {
		return condition{Kind: "all"}, nil
	}
	return q.member(ctx, r, c)
}
