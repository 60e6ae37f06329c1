package storetest

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// subject is a store under test with the organization that a case works in.
type subject struct {
	t     *testing.T
	store insight.Engine
	org   uuid.UUID
}

func newSubject(t *testing.T, store insight.Engine) *subject {
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return &subject{t: t, store: store, org: uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")}
}

// noon is when things happen unless a case says otherwise.
var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// ID makes a UUID from a name, the same in every run.
func ID(name string) uuid.UUID {
	sum := sha256.Sum256([]byte(name))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// event makes a canonical event with a given id; change alters it before it is checked.
func (s *subject) event(name string, change ...func(*events.Event)) events.Event {
	s.t.Helper()
	e := events.Event{ID: ID(name), Name: "package.added", OccurredAt: noon, Source: events.Source{Kind: events.SourceGit, Tool: "git"}}
	for _, c := range change {
		c(&e)
	}
	received := noon
	if e.OccurredAt.After(noon) { // nothing is received before it happens
		received = e.OccurredAt
	}
	e, err := e.Canonical(received)
	require.NoError(s.t, err)
	return e
}

func at(t time.Time) func(*events.Event) { return func(e *events.Event) { e.OccurredAt = t } }
func named(name string) func(*events.Event) {
	return func(e *events.Event) { e.Name = name }
}

func touching(purls ...string) func(*events.Event) {
	return func(e *events.Event) { e.Packages = purls }
}

// by says who did it: an identity and the developer it is stamped with; an empty developer is nobody.
func by(identity, developer string) func(*events.Event) {
	return func(e *events.Event) {
		e.Actor = actor(identity)
		if developer != "" {
			e.DeveloperID = ID(developer)
		}
	}
}

func actor(value string) events.Identity { return events.Identity{Kind: 1, Value: value} }

// append stores events and demands that all were new.
func (s *subject) append(list ...events.Event) {
	s.t.Helper()
	for i, outcome := range s.outcomes(list...) {
		require.Equal(s.t, events.Stored, outcome, "event %d", i)
	}
}

func (s *subject) outcomes(list ...events.Event) []events.Outcome {
	s.t.Helper()
	outcomes, err := s.store.Append(s.t.Context(), s.org, list)
	require.NoError(s.t, err)
	require.Len(s.t, outcomes, len(list))
	return outcomes
}

func (s *subject) list(q events.ListQuery) []events.Event {
	s.t.Helper()
	if q.Range == (events.Range{}) {
		q.Range = events.AllTime
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	list, err := s.store.List(s.t.Context(), s.org, q)
	require.NoError(s.t, err)
	return list
}

func (s *subject) exposure(purl string, change ...func(*events.ExposureQuery)) events.Exposure {
	s.t.Helper()
	p, err := events.ParsePackage("purl", purl)
	require.NoError(s.t, err)
	q := events.ExposureQuery{Package: p.Package, Range: events.AllTime, Limit: 100}
	if p.Version != "" {
		q.Versions = []string{p.Version}
	}
	for _, c := range change {
		c(&q)
	}
	x, err := s.store.Exposure(s.t.Context(), s.org, q)
	require.NoError(s.t, err)
	return x
}

// trend asks for one series, of events with a name or of all.
func (s *subject) trend(q insight.TrendsQuery, math insight.Math, name string) insight.Trend {
	s.t.Helper()
	q.Series = []insight.Series{{Matcher: insight.Matcher{{Name: name}}, Math: math}}
	rows, err := s.store.TrendRows(s.t.Context(), s.org, q)
	require.NoError(s.t, err)
	require.Len(s.t, rows, 1)
	return rows[0]
}

// trendsQuery prepares the buckets of a range as the engine above the stores does: weeks and months are whole.
func (s *subject) trendsQuery(start, end time.Time, interval events.Interval, zone string) insight.TrendsQuery {
	s.t.Helper()
	location, err := events.Zone(zone)
	require.NoError(s.t, err)
	r, buckets, err := events.Cut(start, end, interval, location, time.Monday)
	require.NoError(s.t, err)
	return insight.TrendsQuery{Question: insight.Question{By: insight.Developers, Range: r}, Buckets: buckets}
}

// equal demands that two values are equal to the last byte and shows where they are not.
func equal(t testing.TB, want, got any, label string, args ...any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", fmt.Sprintf(label, args...), diff)
	}
}

// ids lists the ids of events.
func ids(list []events.Event) []uuid.UUID {
	var all []uuid.UUID
	for _, e := range list {
		all = append(all, e.ID)
	}
	return all
}
