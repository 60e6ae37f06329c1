package storetest

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var listCases = []testCase{
	{"a list without events is nil", func(t *testing.T, s *subject) { require.Nil(t, s.list(events.ListQuery{})) }},
	{"equal times fall back to the bytes of the id", equalTimes},
	{"pages of every size hold every event once", pages},
	{"pages of a developer with a pending merge hold every event once", pagesOfMerged},
	{"what is basic of an event is the same as in the whole", basics},
	{"a page does not move while events come in", pagesWhileWriting},
	{"ranges are half open to the microsecond", ranges},
	{"filters tell letter case and accents apart", letterCase},
	{"every filter keeps what matches one of its values", filters},
	{"filters of packages look at versions and not at qualifiers", packageFilters},
	{"values with odd characters are found", oddCharacters},
}

func equalTimes(t *testing.T, s *subject) {
	var batch []events.Event
	for _, id := range []string{ // the two halves disagree, so an engine that orders by the second one shows
		"00000000-0000-4000-ff00-000000000000", "ff000000-0000-4000-0000-000000000000", "7f000000-0000-4000-8000-000000000001",
		"80000000-0000-4000-8000-000000000000", "0a000000-0000-4000-a000-000000000000", "0A000000-0000-4000-9000-000000000000",
	} {
		e := s.event(id)
		e.ID = uuid.MustParse(id)
		batch = append(batch, e)
	}
	s.append(batch...)
	slices.SortFunc(batch, func(a, b events.Event) int { return -slices.Compare(a.ID[:], b.ID[:]) })
	equal(t, ids(batch), ids(s.list(events.ListQuery{})), "order")
}

func pages(t *testing.T, s *subject) {
	const n = 7
	for i := range n {
		s.append(s.event(strconv.Itoa(i), at(noon.Add(time.Duration(i/3)*time.Microsecond))))
	}
	all := s.list(events.ListQuery{})
	require.Len(t, all, n)
	require.True(t, slices.IsSortedFunc(all, func(a, b events.Event) int { return b.Compare(a) }))
	s.paged(all, events.Filter{})
}

// pagesOfMerged has pages begin and end among events of one time that are stamped with two developers.
func pagesOfMerged(t *testing.T, s *subject) {
	const n = 9
	for i := range n {
		who := []string{"ada", "bob"}[i%2]
		s.append(s.event(strconv.Itoa(i), at(noon.Add(time.Duration(i/4)*time.Microsecond)), by(who+"@example.org", who)))
	}
	all, bob := s.list(events.ListQuery{}), ID("bob")
	for i := range all {
		all[i].DeveloperID = ID("ada")
	}
	merge := events.Reassignment{Identity: actor("bob@example.org"), DeveloperID: ID("ada"), Previous: &bob, Sequence: 1}
	require.NoError(t, s.store.Reassign(t.Context(), s.org, []events.Reassignment{merge}))
	s.paged(all, events.Filter{DeveloperIDs: []uuid.UUID{ID("ada")}})
	s.fold(10)
	s.paged(all, events.Filter{DeveloperIDs: []uuid.UUID{ID("ada")}})
}

// paged compares events with what pages of any size have, one after the other.
func (s *subject) paged(want []events.Event, f events.Filter) {
	s.t.Helper()
	for size := 1; size <= len(want)+1; size++ {
		var read []events.Event
		q := events.ListQuery{Limit: size, Filter: f}
		for {
			page := s.list(q)
			read = append(read, page...)
			if len(page) < size {
				break
			}
			last := page[len(page)-1]
			q.After = &events.Position{OccurredAt: last.OccurredAt, ID: last.ID}
		}
		equal(s.t, want, read, "pages of %d", size)
	}
}

func basics(t *testing.T, s *subject) {
	for i := range 5 {
		s.append(s.event(strconv.Itoa(i), at(noon.Add(time.Duration(i/2)*time.Second)), by("ada@example.org", "ada"), touching("pkg:npm/x@1"), func(e *events.Event) {
			e.Project, e.Source.Machine, e.Properties = "example.org/"+strconv.Itoa(i%2), "m", `{"n":1}`
		}))
	}
	s.append(s.event("nobody's"))
	questions := map[string]events.ListQuery{
		"all":       {},
		"a page":    {Limit: 2},
		"a project": {Filter: events.Filter{Projects: []string{"example.org/1"}}},
		"a tool":    {Filter: events.Filter{Tools: []string{"git"}}},
		"a package": {Filter: events.Filter{Packages: []events.PackageVersion{{Package: "pkg:npm/x"}}}},
		"ada":       {Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("ada")}}},
		"bob":       {Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("bob")}}},
	}
	same := func(when string) {
		for name, q := range questions {
			var want []events.Event
			for _, e := range s.list(q) {
				want = append(want, e.Basic())
			}
			q.Basic = true
			equal(t, want, s.list(q), "%s, %s", name, when)
		}
	}
	same("before a merge")
	require.NoError(t, s.store.Reassign(t.Context(), s.org, []events.Reassignment{{Identity: actor("ada@example.org"), DeveloperID: ID("bob"), Sequence: 1}}))
	require.Len(t, s.list(questions["bob"]), 5)
	same("before it is folded")
	s.fold(10)
	require.Len(t, s.list(questions["bob"]), 5)
	same("after")
}

func pagesWhileWriting(t *testing.T, s *subject) {
	s.append(s.event("a"), s.event("b", at(noon.Add(time.Second))))
	first := s.list(events.ListQuery{Limit: 1})
	s.append(s.event("newer", at(noon.Add(time.Hour))))
	rest := s.list(events.ListQuery{After: &events.Position{OccurredAt: first[0].OccurredAt, ID: first[0].ID}})
	equal(t, []uuid.UUID{ID("a")}, ids(rest), "second page")
}

func ranges(t *testing.T, s *subject) {
	s.append(s.event("a"), s.event("b", at(noon.Add(time.Microsecond))), s.event("c", at(noon.Add(2*time.Microsecond))))
	for _, c := range []struct {
		start, end time.Duration
		want       []uuid.UUID
	}{
		{0, time.Microsecond, []uuid.UUID{ID("a")}},
		{time.Microsecond, 2 * time.Microsecond, []uuid.UUID{ID("b")}},
		{time.Nanosecond, 2*time.Microsecond + time.Nanosecond, []uuid.UUID{ID("c"), ID("b")}},
		{3 * time.Microsecond, time.Second, nil},
	} {
		start, end := noon.Add(c.start), noon.Add(c.end)
		r, err := events.NewRange(&start, &end)
		require.NoError(t, err)
		equal(t, c.want, ids(s.list(events.ListQuery{Range: r})), "[%s, %s)", c.start, c.end)
	}
}

func letterCase(t *testing.T, s *subject) {
	s.append(s.event("a", named("Build")), s.event("b", named("build")), s.event("c", named("bu\u00efld")), s.event("d", named("bui\u0308ld")), s.event("e", named("build ")))
	for id, name := range map[string]string{"a": "Build", "b": "build", "c": "bu\u00efld", "d": "bui\u0308ld", "e": "build "} {
		equal(t, []uuid.UUID{ID(id)}, ids(s.list(events.ListQuery{Filter: events.Filter{Names: []string{name}}})), "named %q", name)
	}
	require.Empty(t, s.list(events.ListQuery{Filter: events.Filter{Names: []string{"BUILD"}}}))
}

func filters(t *testing.T, s *subject) {
	s.append(
		s.event("a", by("ada@example.org", "ada"), func(e *events.Event) { e.Project, e.Source.Machine = "p1", "m1" }),
		s.event("b", by("bo@example.org", "bo"), func(e *events.Event) { e.Project, e.Source.Tool = "p2", "gh" }),
		s.event("c", func(e *events.Event) { e.Source.Kind = events.SourceCI }),
	)
	for name, c := range map[string]struct {
		f    events.Filter
		want []string
	}{
		"developers":  {events.Filter{DeveloperIDs: []uuid.UUID{ID("ada"), ID("nobody")}}, []string{"a"}},
		"projects":    {events.Filter{Projects: []string{"p1", "p2"}}, []string{"a", "b"}},
		"kinds":       {events.Filter{SourceKinds: []events.SourceKind{events.SourceCI}}, []string{"c"}},
		"tools":       {events.Filter{Tools: []string{"git"}}, []string{"a", "c"}},
		"machines":    {events.Filter{Machines: []string{"m1"}}, []string{"a"}},
		"all at once": {events.Filter{Projects: []string{"p1", "p2"}, Tools: []string{"gh"}}, []string{"b"}},
		"none":        {events.Filter{Projects: []string{"p1"}, Tools: []string{"gh"}}, nil},
	} {
		var want []uuid.UUID
		for _, id := range c.want {
			want = append(want, ID(id))
		}
		require.ElementsMatch(t, want, ids(s.list(events.ListQuery{Filter: c.f})), name)
	}
}

func packageFilters(t *testing.T, s *subject) {
	s.append(
		s.event("a", touching("pkg:npm/x@1.0.0?arch=x64", "pkg:npm/y@2")),
		s.event("b", touching("pkg:npm/x@2.0.0")),
		s.event("c", touching("pkg:npm/x")),
		s.event("d", touching("pkg:pypi/x@1.0.0")),
		s.event("e"),
	)
	for _, c := range []struct {
		purls []string
		want  []string
	}{
		{[]string{"pkg:npm/x"}, []string{"a", "b", "c"}},
		{[]string{"pkg:npm/x@1.0.0"}, []string{"a"}},
		{[]string{"pkg:npm/x@2.0.0", "pkg:npm/y"}, []string{"a", "b"}},
		{[]string{"pkg:npm/x@3"}, nil},
		{[]string{"pkg:npm/X@1.0.0"}, nil},
	} {
		var f events.Filter
		for _, text := range c.purls {
			p, err := events.ParsePackage("packages", text)
			require.NoError(t, err)
			f.Packages = append(f.Packages, p)
		}
		var want []uuid.UUID
		for _, id := range c.want {
			want = append(want, ID(id))
		}
		require.ElementsMatch(t, want, ids(s.list(events.ListQuery{Filter: f})), "%q", c.purls)
	}
}

func oddCharacters(t *testing.T, s *subject) {
	for i, text := range []string{`'`, `\`, `\'`, `"`, `[]`, `{a:String}`, `\N`, `NULL`, `%`, `$1`, "\u2028", "\U0001F600", `@names`, `\t`, ` `} {
		id := strconv.Itoa(i)
		s.append(s.event(id, named(text), func(e *events.Event) { e.Project, e.Source.Tool, e.Source.Machine = text, text, text }))
		f := events.Filter{Names: []string{text}, Projects: []string{text, "other"}, Tools: []string{text}, Machines: []string{text}}
		equal(t, []uuid.UUID{ID(id)}, ids(s.list(events.ListQuery{Filter: f})), "%q", text)
		q := s.trendsQuery(noon.Add(-time.Hour), noon.Add(time.Hour), events.Day, "")
		equal(t, float64(1), s.trend(q, insight.Total, text).Total, "trend of %q", text)
	}
}
