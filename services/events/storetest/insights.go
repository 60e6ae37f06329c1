package storetest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
)

// insightCase is one rule of the insights.
type insightCase struct {
	name string
	run  func(s *story)
}

// RunInsights runs all cases of insights, each in an organization of its own of one store; those of a store's life have stores of their own.
func RunInsights(t *testing.T, open OpenInsightFunc) {
	runInsightLife(t, open)
	store := open(t)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	for _, list := range [][]insightCase{filterCases, cohortCases, mergeCases, trendCases, breakdownCases, funnelCases, attributionCases, activityCases, pathCases, actorCases, promotionCases} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				s := &story{t: t, store: store, org: ID("case " + c.name), now: day("2026-05-08").Add(10 * time.Hour), owners: make(map[string]uuid.UUID)}
				s.engine = answer.New(store, func() time.Time { return s.now })
				c.run(s)
			})
		}
	}
}

// story is what happened in an organization, and what is asked about it.
type story struct {
	t      *testing.T
	store  insight.Engine
	org    uuid.UUID
	engine *answer.Engine
	now    time.Time
	told   int
	owners map[string]uuid.UUID // of the developers' identities that became another's
}

// day reads a day, or a day and a time of it, in UTC.
func day(text string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02 15:04:05.999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}

// did tells that somebody did something in May 2026: "05 12:30" is the fifth. An empty developer is nobody; properties are a JSON object or empty.
func (s *story) did(developer, name, when string, properties ...string) uuid.UUID {
	s.t.Helper()
	if len(when) < 5 || when[4] != '-' { // a day of May
		when = "2026-05-" + when
	}
	s.told++
	e := events.Event{
		ID: uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012x", s.told)), Name: name, OccurredAt: day(when), Actor: actor(developer + "@example.org"),
		Source: events.Source{Kind: events.SourceSDK, Machine: "machine of " + developer}, Project: "github.com/own/x", Properties: strings.Join(properties, ""),
	}
	if developer != "" {
		e.DeveloperID = ID(developer)
	}
	require.False(s.t, e.OccurredAt.IsZero(), when)
	e, err := e.Canonical(e.OccurredAt)
	require.NoError(s.t, err)
	_, err = s.store.Append(s.t.Context(), s.org, []events.Event{e})
	require.NoError(s.t, err)
	return e.ID
}

// is tells the properties of a developer.
func (s *story) is(developer, properties string) {
	s.t.Helper()
	s.told++
	text, err := events.CanonicalObject(properties)
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.SetDeveloperProperties(s.t.Context(), s.org, []insight.DeveloperProperties{{
		DeveloperID: ID(developer), Properties: text, Revision: int64(s.told),
	}}))
}

// becomes tells that one developer's identity is another developer's from now on.
func (s *story) becomes(developer, other string) {
	s.t.Helper()
	s.told++
	previous, moved := s.owners[developer]
	if !moved {
		previous = ID(developer)
	}
	s.owners[developer] = ID(other)
	require.NoError(s.t, s.store.Reassign(s.t.Context(), s.org, []events.Reassignment{{
		Identity: actor(developer + "@example.org"), DeveloperID: ID(other), Previous: &previous, Sequence: int64(s.told),
	}}))
}

// where makes a filter on a property of events, or of developers when the key begins with "developer.".
func (s *story) where(key string, operator insight.Operator, values ...string) insight.PropertyFilter {
	s.t.Helper()
	scope := insight.EventScope
	if rest, ok := strings.CutPrefix(key, "developer."); ok {
		scope, key = insight.DeveloperScope, rest
	}
	f, err := insight.NewPropertyFilter("filter", scope, key, operator, values, s.now, time.UTC)
	require.NoError(s.t, err)
	return f
}

// of is the matcher of an event's name.
func of(name string, filters ...insight.PropertyFilter) insight.Matcher {
	return insight.Matcher{{Name: name, Properties: filters}}
}

func ofEach(names ...string) []insight.Matcher {
	var list []insight.Matcher
	for _, n := range names {
		list = append(list, of(n))
	}
	return list
}

// during is the time from one day to another, both included.
func during(first, last string) insight.Period {
	start, end := day("2026-05-"+first), day("2026-05-"+last).AddDate(0, 0, 1)
	return insight.Period{Start: &start, End: &end, Interval: events.Day}
}

// people names developers by their texts.
func people(actors []string) string {
	names := map[string]string{}
	for _, n := range []string{"ada", "bo", "cy", "di", "eli"} {
		names[ID(n).String()] = n
	}
	list := make([]string, len(actors))
	for i, a := range actors {
		if list[i] = names[a]; list[i] == "" {
			list[i] = a
		}
	}
	return strings.Join(list, " ")
}

// keyText writes a key: the parts of a value, a dash for one that is missing.
func keyText(key *insight.Key) string {
	if key == nil {
		return "all"
	}
	switch key.Kind {
	case insight.MissingKey:
		return "(missing)"
	case insight.OtherKey:
		return "(other)"
	case insight.CohortKey:
		return "cohort" + strconv.Itoa(key.Cohort)
	}
	var parts []string
	for _, p := range key.Parts {
		if p.Missing {
			p.Text = "-"
		}
		parts = append(parts, p.Text)
	}
	return strings.Join(parts, "+")
}

// numbers writes values with a blank between them.
func numbers[N int64 | float64](values []N) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = strconv.FormatFloat(float64(v), 'g', 12, 64)
	}
	return strings.Join(list, " ")
}

// says demands an answer written in lines.
func (s *story) says(got []string, want ...string) {
	s.t.Helper()
	require.Equal(s.t, strings.Join(want, "\n"), strings.Join(got, "\n"))
}
