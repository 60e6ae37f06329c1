package memory

import (
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// asked returns the events that a question sees in a range, in order.
func (v *view) asked(q insight.Question, within events.Range) []seen {
	var list []seen
	for _, e := range v.events {
		if within.Holds(e.OccurredAt) && q.Filter.Matches(e.Event) && v.passes(e, q.Properties) {
			list = append(list, e)
		}
	}
	return list
}

// matching returns those of a list that a matcher means.
func (v *view) matching(list []seen, m insight.Matcher) []seen {
	var matching []seen
	for _, e := range list {
		if v.meant(e, m) {
			matching = append(matching, e)
		}
	}
	return matching
}

// meant tells whether one of the matcher's alternatives matches an event.
func (v *view) meant(e seen, m insight.Matcher) bool {
	return slices.ContainsFunc(m, func(a insight.Alternative) bool {
		return (a.Name == "" || a.Name == e.Name) && v.passes(e, a.Properties)
	})
}

// passes tells whether an event passes every filter.
func (v *view) passes(e seen, filters []insight.PropertyFilter) bool {
	for i := range filters {
		f := &filters[i]
		var ok bool
		switch f.Scope {
		case insight.EventScope:
			ok = f.Match(e.own)
		case insight.DeveloperScope:
			ok = f.Match(e.developer)
		case insight.CohortScope:
			ok = v.member(e.DeveloperID, f.Cohort) == (f.Operator == insight.In)
		}
		if !ok {
			return false
		}
	}
	return true
}

// member tells whether a developer is in a cohort. Nobody is in none.
func (v *view) member(developer uuid.UUID, c *insight.Cohort) bool {
	if developer == uuid.Nil {
		return false
	}
	if c.Static {
		return slices.Contains(c.Members, developer)
	}
	return slices.ContainsFunc(c.AnyOf, func(g insight.Group) bool { return v.meets(developer, g) })
}

// meets tells whether a developer meets all conditions of a group.
func (v *view) meets(developer uuid.UUID, g insight.Group) bool {
	someone := seen{Event: events.Event{DeveloperID: developer}, developer: v.developers[developer]}
	if !v.passes(someone, g.Properties) {
		return false
	}
	for i := range g.Performed {
		p := &g.Performed[i]
		if n := v.times(p)[developer]; n == 0 || !counted(p, n) {
			return false
		}
	}
	return true
}

// times returns how often each developer did something.
func (v *view) times(p *insight.Performed) map[uuid.UUID]int64 {
	if v.performed[p] == nil {
		v.performed[p] = make(map[uuid.UUID]int64)
		for _, e := range v.matching(v.asked(insight.Question{}, p.Range), p.Matcher) {
			v.performed[p][e.DeveloperID]++
		}
	}
	return v.performed[p]
}

func counted(p *insight.Performed, n int64) bool {
	switch p.Count {
	case insight.AtLeast:
		return n >= p.Value
	case insight.AtMost:
		return n <= p.Value
	case insight.Exactly:
		return n == p.Value
	}
	return false
}

// keys returns the buckets of a breakdown that an event is in: one, or one for each cohort.
func (v *view) keys(e seen, b *insight.Breakdown) []insight.Key {
	if b.Scope == insight.CohortScope {
		var keys []insight.Key
		for i, c := range b.Cohorts {
			if c == nil || v.member(e.DeveloperID, c) {
				keys = append(keys, insight.Key{Kind: insight.CohortKey, Cohort: i})
			}
		}
		return keys
	}
	properties := e.own
	if b.Scope == insight.DeveloperScope {
		properties = e.developer
	}
	return []insight.Key{insight.NewKey(parts(properties, b.Properties)...)}
}

func parts(p insight.Properties, keys []string) []insight.Part {
	var list []insight.Part
	for _, key := range keys {
		list = append(list, p.Part(key))
	}
	return list
}
