package storetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var appendCases = []testCase{
	{"append of nothing", func(_ *testing.T, s *subject) { s.append() }},
	{"an event comes back as it was", comesBack},
	{"an id counts once within a batch and across batches", duplicates},
	{"the first of two events with one id stays", firstStays},
	{"an id counts once among concurrent batches", concurrentDuplicates},
	{"another organization's copy is another event", otherOrganization},
	{"times at both ends of what can be are kept", extremeTimes},
	{"a large event is kept", largeEvent},
	{"a batch over many years is kept", manyYears},
}

func comesBack(t *testing.T, s *subject) {
	full := s.event("full", by("ada@example.org", "ada"), touching("pkg:npm/%40scope/a@1.0.0", "pkg:golang/example.org/x"), func(e *events.Event) {
		e.OccurredAt = time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)
		e.Source = events.Source{Kind: events.SourceAgent, Tool: "Claude \u00e9\U0001F600", ToolVersion: `1.0\n'"`, Machine: "höst%_\\"}
		e.Project, e.SessionID = "github.com/Own/Näme", "s-1"
		e.Properties = `{"b":[1, 2.0,{"z":null,"a":"\u0000\u2028\ud83d\ude00\\ '"}],"a":12345678901234567890}`
	})
	empty := s.event("empty")
	s.append(full, empty)
	equal(t, []events.Event{empty, full}, s.list(events.ListQuery{}), "list")
	require.Equal(t, "{}", empty.Properties)
	require.Equal(t, `{"a":12345678901234567890,"b":[1,2,{"a":"\u0000`+"\u2028\U0001F600"+`\\ '","z":null}]}`, full.Properties) //nolint:testifylint // the canonical text is promised, not only its meaning
}

func duplicates(t *testing.T, s *subject) {
	a, b, c := s.event("a"), s.event("b", touching("pkg:npm/x@1")), s.event("c")
	require.Equal(t, []events.Outcome{events.Stored, events.Duplicate, events.Stored}, s.outcomes(a, a, b))
	require.Equal(t, []events.Outcome{events.Duplicate, events.Stored, events.Duplicate}, s.outcomes(b, c, c))
	require.Len(t, s.list(events.ListQuery{}), 3)
	require.EqualValues(t, 1, s.exposure("pkg:npm/x").Sighting.Count)
}

func firstStays(t *testing.T, s *subject) {
	first := s.event("a", touching("pkg:npm/x@1"))
	other := s.event("a", named("other"), at(noon.AddDate(1, 0, 0)), touching("pkg:npm/y@1"))
	require.Equal(t, []events.Outcome{events.Stored, events.Duplicate}, s.outcomes(first, other))
	require.Equal(t, []events.Outcome{events.Duplicate}, s.outcomes(other))
	equal(t, []events.Event{first}, s.list(events.ListQuery{}), "list")
	require.Zero(t, s.exposure("pkg:npm/y").Sighting.Count)
}

func concurrentDuplicates(t *testing.T, s *subject) {
	const writers, count = 6, 60
	var stored atomic.Int64
	var writing sync.WaitGroup
	for w := range writers {
		batch := make([]events.Event, 0, count)
		for i := range count {
			n := (i*(2*w+1) + w) % count // the same ids, each writer in an order of its own
			batch = append(batch, s.event(strconv.Itoa(n), touching("pkg:npm/x@1", "pkg:npm/x@2")))
		}
		writing.Go(func() {
			for half := range 2 {
				outcomes, err := s.store.Append(t.Context(), s.org, batch[half*count/2:(half+1)*count/2])
				if err != nil {
					t.Error(err)
				}
				for _, o := range outcomes {
					if o == events.Stored {
						stored.Add(1)
					}
				}
			}
		})
	}
	writing.Wait()
	require.EqualValues(t, count, stored.Load())
	require.Len(t, s.list(events.ListQuery{}), count)
	require.EqualValues(t, count, s.exposure("pkg:npm/x").Sighting.Count)
}

func otherOrganization(t *testing.T, s *subject) {
	e := s.event("a", by("ada@example.org", "ada"), touching("pkg:npm/x@1"))
	s.append(e)
	other := &subject{t: t, store: s.store, org: uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")}
	require.Empty(t, other.list(events.ListQuery{}))
	require.Zero(t, other.exposure("pkg:npm/x").Sighting.Count)
	q := s.trendsQuery(noon.Add(-time.Hour), noon.Add(time.Hour), events.Day, "")
	require.Zero(t, other.trend(q, insight.Total, "").Total)
	require.NoError(t, s.store.Reassign(t.Context(), other.org, []events.Reassignment{{Identity: e.Actor, DeveloperID: ID("eve"), Sequence: 1}}))
	equal(t, []events.Event{e}, s.list(events.ListQuery{}), "own list after a reassignment elsewhere")
	other.append(e, s.event("b"))
	require.Len(t, s.list(events.ListQuery{}), 1)
	for _, theirs := range other.list(events.ListQuery{}) {
		if theirs.ID == e.ID {
			require.Equal(t, ID("eve"), theirs.DeveloperID)
		}
	}
}

func extremeTimes(t *testing.T, s *subject) {
	first, last := s.event("first", at(events.MinTime)), s.event("last")
	last.OccurredAt = events.MaxTime.Add(-time.Microsecond)
	s.append(first, last)
	equal(t, []events.Event{last, first}, s.list(events.ListQuery{}), "list")
}

func largeEvent(t *testing.T, s *subject) {
	var purls []string
	for i := range events.MaxPackages {
		purls = append(purls, fmt.Sprintf("pkg:npm/p@%d", i))
	}
	e := s.event("large", touching(purls...), func(e *events.Event) {
		e.Properties = `{"text":"` + strings.Repeat("é", events.MaxPropertiesBytes/2-6) + `"}`
		e.Name = strings.Repeat("é", events.MaxNameLength)
	})
	s.append(e)
	equal(t, []events.Event{e}, s.list(events.ListQuery{}), "list")
	x := s.exposure("pkg:npm/p", func(q *events.ExposureQuery) { q.Limit = 7 })
	require.EqualValues(t, 1, x.Sighting.Count)
	require.Equal(t, events.MaxPackages, x.Versions.Total)
	require.Len(t, x.Versions.Rows, 7)
}

func manyYears(t *testing.T, s *subject) {
	var batch []events.Event
	for year := range 130 {
		batch = append(batch, s.event(strconv.Itoa(year), touching("pkg:npm/x@1"), func(e *events.Event) { e.OccurredAt = events.MinTime.AddDate(year/3, year%12, 0) }))
	}
	s.append(batch...)
	require.Len(t, s.list(events.ListQuery{}), len(batch))
	require.EqualValues(t, len(batch), s.exposure("pkg:npm/x").Sighting.Count)
}
