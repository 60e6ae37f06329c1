package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// world makes events and questions at random, of few values, so that they meet.
type world struct{ *rand.Rand }

func pick[T any](w world, list ...T) T { return list[w.IntN(len(list))] }

func some[T any](w world, atMost int, make_ func() T) []T {
	var list []T
	for range w.IntN(atMost + 1) {
		list = append(list, make_())
	}
	return list
}

func (w world) id(space string, n int) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, space, w.IntN(n)))
}

// keys and values are what properties are made of: what looks like another key, what the server's JSON cannot read, what is almost a number or a time.
var (
	keys   = []string{"a", "b", "c", ":", ",\"a", "a\"", "\x01", "", "}", "\u2028", "k.d"}
	values = []string{
		`1`, `2`, `2`, `-3.5`, `1e+21`, `1e-7`, `123456789012345678901234567890`, `18446744073709551616`, `true`, `false`, `null`, `null`, `""`, `"x"`, `"x"`, `"X y"`,
		`"2"`, `"1.50"`, `"+.5"`, `"5."`, `"1e400"`, `"1e3"`, `"-0"`, `" 1"`, `"rubbish"`, `"a\nb"`, `"\u0001\\\""`, `"\",\"a\":1"`, `"{"`, `"\u00c9\u2028"`,
		`"2026-05-01T12:00:00Z"`, `"2026-05-01T12:00:00.1234567+02:00"`, `"2026-02-29T00:00:00Z"`, `"2024-02-29T23:59:59-23:59"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`,
		`"2026-05-01T12:00:60Z"`, `"2026-05-01T24:00:00Z"`, `"1900-03-01T00:00:00+24:00"`, `"2026-05-01"`,
		`{}`, `[]`, `[1,2.50,"x",{"a":1}]`, `{"a":{"a":"x","b":[1e+30]},"b":2}`, `{"a":1}`, `[["]",{"c":"}"}],null]`,
	}
)

func (w world) properties(t *testing.T) string {
	var text strings.Builder
	text.WriteByte('{')
	for i, key := range w.Perm(len(keys))[:w.IntN(5)] {
		if i > 0 {
			text.WriteByte(',')
		}
		name := events.MemberName(keys[key])
		text.WriteString(`"` + name + `":` + pick(w, values...))
	}
	object, err := events.CanonicalObject(text.String() + "}")
	require.NoError(t, err)
	return object
}

func (w world) time() time.Time {
	at := noon.AddDate(0, 0, w.IntN(12)-6).Add(time.Duration(w.IntN(5)) * 7 * time.Hour)
	return at.Add(time.Duration(pick(w, 0, 0, 0, 1, 2, 60_000_000)) * time.Microsecond)
}

func (w world) actor() events.Identity {
	return events.Identity{Kind: 1, Value: fmt.Sprintf("i%d@example.com", w.IntN(9))}
}

func (w world) developer() uuid.UUID {
	if w.IntN(6) == 0 {
		return uuid.Nil
	}
	return w.id("developer", 6)
}

func (w world) event(t *testing.T) events.Event {
	e := events.Event{
		ID: w.id("event", 1<<30), Name: pick(w, "a", "b", "c", "d"), OccurredAt: w.time(), Project: pick(w, "", "example.com/p", "example.com/q"),
		Packages: some(w, 3, func() string {
			return pick(w, "pkg:npm/x@1", "pkg:npm/x@2", "pkg:npm/%40s/y@1?a=b#c", "pkg:pypi/a_b", "pkg:golang/github.com/a/b@v1.0.0")
		}),
		Source:     events.Source{Kind: pick(w, events.SourceGit, events.SourceCI), Tool: pick(w, "git", "npm"), Machine: pick(w, "", "m1", "m2", "m3")},
		Properties: w.properties(t),
	}
	if w.IntN(8) > 0 {
		e.Actor = w.actor()
	}
	e, err := e.Canonical(noon.AddDate(1, 0, 0))
	require.NoError(t, err)
	if e.Actor.Known() {
		e.DeveloperID = w.developer()
	}
	return e
}

// fill gives stores the same events, reassignments and properties, in two organizations and many parts.
func (w world) fill(t *testing.T, n int, stores ...answering) {
	for _, organization := range []uuid.UUID{org, {7}} {
		var batch []events.Event
		for range n {
			batch = append(batch, w.event(t))
		}
		var changes []events.Reassignment
		for i := range 3 {
			changes = append(changes, events.Reassignment{Identity: w.actor(), DeveloperID: w.developer(), Sequence: int64(i + 1)})
		}
		var properties []insight.DeveloperProperties
		for i := range 6 {
			properties = append(properties, insight.DeveloperProperties{DeveloperID: w.id("developer", 6), Properties: w.properties(t), Revision: int64(i)})
		}
		for _, s := range stores {
			for i := 0; i < n; i += 40 {
				_, err := s.Append(t.Context(), organization, batch[i:min(n, i+60)]) // a part of each comes again
				require.NoError(t, err)
			}
			require.NoError(t, s.Reassign(t.Context(), organization, changes))
			require.NoError(t, s.SetDeveloperProperties(t.Context(), organization, properties))
		}
	}
}

func (w world) filter(depth int) insight.PropertyFilter {
	if depth > 0 && w.IntN(5) == 0 {
		return insight.PropertyFilter{Scope: insight.CohortScope, Operator: pick(w, insight.In, insight.NotIn), Cohort: w.cohort(depth - 1)}
	}
	operator := insight.Operator(w.IntN(int(insight.DateAfter)) + 1)
	var given []string
	switch operator {
	case insight.Exact, insight.IsNot:
		given = append(some(w, 2, w.text), w.text())
	case insight.Contains, insight.NotContains:
		given = []string{pick(w, "x", "Y", "1", ",", "\u00e9", "\n")}
	case insight.Regex, insight.NotRegex:
		given = []string{pick(w, "^x$", "a.b", "(?s)a.b", "(?i)X", `\d`, `^$`, `[^x]`, `x|y`, `\bx\b`, `\x{2028}`)}
	case insight.Between, insight.NotBetween:
		given = []string{"0.5", pick(w, "2", "1e+30")}
	case insight.Greater, insight.GreaterOrEqual, insight.Less, insight.LessOrEqual:
		given = []string{pick(w, "2", "0.5", "-3.5", "1e21", "0")}
	case insight.DateBefore, insight.DateAfter:
		given = []string{pick(w, "2026-05-01T12:00:00Z", "2024-03-01T00:00:00Z", "1900-02-28T00:00:00Z", "2026-05-01T10:00:00.123456Z")}
	}
	f, err := insight.NewPropertyFilter("f", pick(w, insight.EventScope, insight.DeveloperScope), pick(w, keys...), operator, given, noon, time.UTC)
	if err != nil { // such as the empty key
		return w.filter(depth)
	}
	return f
}

// text is the text form of some value.
func (w world) text() string {
	for {
		if text, ok := insight.CanonicalValue(pick(w, values...)); ok {
			return text
		}
	}
}

func (w world) cohort(depth int) *insight.Cohort {
	if w.IntN(3) == 0 {
		return &insight.Cohort{Static: true, Members: some(w, 3, func() uuid.UUID { return w.id("developer", 6) })}
	}
	return &insight.Cohort{AnyOf: some(w, 2, func() insight.Group {
		g := insight.Group{Performed: some(w, 2, func() insight.Performed {
			return insight.Performed{
				Matcher: w.matcher(0), Range: w.within(), Count: pick(w, insight.AtLeast, insight.AtMost, insight.Exactly), Value: int64(w.IntN(6) + 1),
			}
		})}
		for _, f := range some(w, 1, func() insight.PropertyFilter { return w.filter(depth) }) {
			if f.Scope != insight.EventScope {
				g.Properties = append(g.Properties, f)
			}
		}
		return g
	})}
}

func (w world) matcher(depth int) insight.Matcher {
	return append(some(w, 1, func() insight.Alternative { return w.alternative(depth) }), w.alternative(depth))
}

func (w world) alternative(depth int) insight.Alternative {
	return insight.Alternative{Name: pick(w, "a", "b", "c", "d", ""), Properties: some(w, 1, func() insight.PropertyFilter { return w.filter(depth) })}
}

func (w world) within() events.Range {
	start := w.time()
	return events.Range{Start: start, End: start.Add(time.Duration(w.IntN(300)+1) * time.Hour)}
}

func (w world) question(r events.Range) insight.Question {
	q := insight.Question{Range: r, By: pick(w, insight.Developers, insight.Developers, insight.Machines, insight.Projects, insight.Packages)}
	if w.IntN(3) == 0 {
		q.Properties = some(w, 2, func() insight.PropertyFilter { return w.filter(1) })
	}
	switch w.IntN(6) {
	case 0:
		q.Filter.Packages = []events.PackageVersion{{Package: "pkg:npm/x"}}
	case 1:
		q.Filter.DeveloperIDs = []uuid.UUID{w.id("developer", 6), w.id("developer", 6)}
	case 2:
		q.Filter.Machines = []string{"m1", ""}
	}
	return q
}

// buckets are days, or uneven, or hours: more than fit into the bits of a number.
func (w world) buckets() ([]time.Time, events.Range) {
	start := noon.AddDate(0, 0, -6).Add(-12 * time.Hour)
	count, width := w.IntN(10)+1, 24*time.Hour
	uneven := w.IntN(3) == 0
	if w.IntN(3) == 0 {
		count, width = 65+w.IntN(80), time.Hour
	}
	at := start
	var list []time.Time
	for i := range count {
		list = append(list, at)
		at = at.Add(width)
		if uneven && i%3 == 0 {
			at = at.Add(time.Hour)
		}
	}
	return list, events.Range{Start: start.Add(time.Duration(w.IntN(2)) * time.Minute), End: at.Add(-time.Duration(w.IntN(2)) * time.Minute)}
}
