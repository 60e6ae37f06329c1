package scenario

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

var operators = map[string]insight.Operator{
	"": insight.Exact, "exact": insight.Exact, "is_not": insight.IsNot, "icontains": insight.Contains, "not_icontains": insight.NotContains,
	"regex": insight.Regex, "not_regex": insight.NotRegex, "gt": insight.Greater, "gte": insight.GreaterOrEqual, "lt": insight.Less, "lte": insight.LessOrEqual,
	"between": insight.Between, "not_between": insight.NotBetween, "is_set": insight.IsSet, "is_not_set": insight.IsNotSet,
	"is_date_before": insight.DateBefore, "is_date_after": insight.DateAfter, "in": insight.In, "not_in": insight.NotIn,
}

var scopes = map[string]insight.Scope{"": insight.EventScope, "event": insight.EventScope, "person": insight.DeveloperScope, "cohort": insight.CohortScope}

// filters returns the filters, or the refusal of one.
func (w *world) filters(list []filter) ([]insight.PropertyFilter, error) {
	var filters []insight.PropertyFilter
	for i, f := range list {
		field := fmt.Sprintf("filters[%d]", i)
		operator, known := operators[f.Operator]
		require.True(w.t, known, f.Operator)
		var made insight.PropertyFilter
		var err error
		if scopes[f.Scope] == insight.CohortScope {
			if operator == insight.Exact {
				operator = insight.In
			}
			made, err = insight.NewCohortFilter(field, operator, w.cohort(f.Cohort))
		} else {
			made, err = insight.NewPropertyFilter(field, scopes[f.Scope], f.Key, operator, w.values(f.Value), w.now, time.UTC)
		}
		if err != nil {
			return nil, err
		}
		filters = append(filters, made)
	}
	return filters, nil
}

// values are the text forms of one value or a list.
func (w *world) values(raw json.RawMessage) []string {
	var list []json.RawMessage
	if len(raw) > 0 && raw[0] == '[' {
		require.NoError(w.t, json.Unmarshal(raw, &list))
	} else {
		list = append(list, raw)
	}
	var values []string
	for _, v := range list {
		if text, ok := insight.CanonicalValue(string(v)); ok {
			values = append(values, text)
		}
	}
	return values
}

// must are the filters of a query that is not refused.
func (w *world) must(list []filter) []insight.PropertyFilter {
	w.t.Helper()
	filters, err := w.filters(list)
	require.NoError(w.t, err)
	return filters
}

func (w *world) matcher(s step) insight.Matcher {
	w.t.Helper()
	m, err := insight.NewMatcher("series", s.Event, w.must(s.Filters))
	require.NoError(w.t, err)
	return m
}

func (w *world) matchers(list []step) []insight.Matcher {
	w.t.Helper()
	var matchers []insight.Matcher
	for _, s := range list {
		matchers = append(matchers, w.matcher(s))
	}
	return matchers
}

func (w *world) audience() insight.Audience {
	w.t.Helper()
	return insight.Audience{Properties: w.must(w.c.Query.Filters)}
}

// cohort returns a cohort of the scenario; nil is everybody.
func (w *world) cohort(id string) *insight.Cohort {
	w.t.Helper()
	if id == "all" && w.cohorts[id] == nil {
		return nil
	}
	require.Contains(w.t, w.cohorts, id)
	return w.cohorts[id]
}

func (w *world) defineCohorts() {
	w.t.Helper()
	for _, c := range w.c.Cohorts {
		made := &insight.Cohort{ID: storetest.ID("cohort " + c.ID), Static: c.Members != nil}
		w.cohorts[c.ID] = made
		for _, m := range c.Members {
			if owner, known := w.owners[m]; known {
				made.Members = append(made.Members, owner)
			}
		}
		for _, g := range c.AnyOf {
			group := insight.Group{Properties: w.must(g.Filters)}
			if g.Performed != nil {
				group.Performed = []insight.Performed{w.performed(*g.Performed)}
			}
			made.AnyOf = append(made.AnyOf, group)
		}
	}
}

func (w *world) performed(p performed) insight.Performed {
	w.t.Helper()
	made := insight.Performed{Matcher: w.matcher(step{Event: p.Event, Filters: p.Filters}), Range: events.AllTime, Count: insight.AtLeast, Value: 1}
	if p.From != nil {
		made.Range.Start = *p.From
	}
	if p.To != nil {
		made.Range.End = p.To.Add(time.Microsecond)
	}
	if p.Count != nil {
		made.Count = map[string]insight.CountOperator{"gte": insight.AtLeast, "lte": insight.AtMost, "eq": insight.Exactly}[p.Count.Op]
		made.Value = p.Count.Value
	}
	return made
}

var intervals = map[string]events.Interval{"": 0, "minute": events.Minute, "hour": events.Hour, "day": events.Day, "week": events.Week, "month": events.Month}

// resolved is the period as two instants.
func (w *world) resolved() insight.Period {
	start, end := w.c.Query.Resolved.From, w.c.Query.Resolved.To.Add(time.Microsecond)
	return insight.Period{Start: &start, End: &end, Interval: intervals[w.c.Query.Interval], FirstDay: time.Sunday}
}

// inTest is the period as the source wrote it; ok is false when it did not write one that stands by itself.
func (w *world) inTest() (p insight.Period, ok bool) {
	in := w.c.Query.InTest
	p = insight.Period{From: in.DateFrom, Interval: intervals[w.c.Query.Interval], FirstDay: time.Sunday}
	if in.Interval != "" {
		p.Interval = intervals[in.Interval]
	}
	if p.From == "" {
		p.From = in.Default
	}
	p.From = strings.Replace(p.From, "days", "d", 1)
	if in.DateTo != "" {
		if at, err := time.Parse(time.RFC3339, strings.Replace(in.DateTo, " ", "T", 1)); err == nil { // inclusive
			at = at.Add(time.Microsecond)
			p.End = &at
		} else {
			p.To = in.DateTo
		}
	}
	absolute := strings.HasPrefix(p.From, "2") && (p.End != nil || strings.HasPrefix(p.To, "2"))
	return p, p.From != "" && (w.c.Now != nil || absolute)
}

// periods are both ways of giving the range.
func (w *world) periods() map[string]insight.Period {
	all := map[string]insight.Period{"resolved": w.resolved()}
	if p, ok := w.inTest(); ok {
		all["date_range_in_test"] = p
	}
	return all
}

func (w *world) breakdown() *insight.Breakdown {
	w.t.Helper()
	in := w.c.Query.Breakdown
	if in == nil {
		return nil
	}
	b := &insight.Breakdown{Scope: scopes[in.Type], Properties: in.Property, Limit: in.Limit}
	for _, id := range in.Cohorts {
		b.Cohorts = append(b.Cohorts, w.cohort(id))
	}
	return b
}

// label is how the scenario writes a key.
func (w *world) label(key *insight.Key) string {
	if key == nil {
		return ""
	}
	switch key.Kind {
	case insight.MissingKey:
		return missing
	case insight.OtherKey:
		return other
	case insight.CohortKey:
		return w.c.Query.Breakdown.Cohorts[key.Cohort]
	}
	parts := make([]string, len(key.Parts))
	for i, p := range key.Parts {
		if parts[i] = p.Text; p.Missing {
			parts[i] = missing
		}
	}
	return strings.Join(parts, "\x1f")
}

const (
	missing = "__missing__"
	other   = "__other__"
)

// text is a key as it is written: one value or a list.
func (s texts) label() string { return strings.Join(s, "\x1f") }

// bucket reads the start of a bucket as it is written.
func (w *world) bucket(text string) time.Time {
	w.t.Helper()
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(w.t, err)
	return at.UTC()
}
