package events_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func valid() events.Event {
	return events.Event{ID: uuid.UUID{15: 1}, Name: "build.finished", OccurredAt: noon, Source: events.Source{Kind: events.SourceCI}}
}

func TestCanonicalTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ occurred, want time.Time }{
		"cut to microseconds":         {noon.Add(1999), noon.Add(time.Microsecond)},
		"offsets are instants":        {time.Date(2026, 5, 1, 14, 0, 0, 0, time.FixedZone("", 2*3600)), noon},
		"23 hours ahead stand":        {noon.Add(23 * time.Hour), noon.Add(23 * time.Hour)},
		"more is the time of arrival": {noon.Add(23*time.Hour + time.Microsecond), noon},
		"the first instant":           {events.MinTime, events.MinTime},
	} {
		e := valid()
		e.OccurredAt = c.occurred
		e, err := e.Canonical(noon)
		require.NoError(t, err, name)
		require.Equal(t, c.want, e.OccurredAt, name)
	}
	e := valid()
	e.OccurredAt = events.MinTime.Add(-time.Nanosecond)
	_, err := e.Canonical(noon)
	require.ErrorIs(t, err, events.ErrTimeInvalid)
}

func TestCanonicalRefusesAndNamesTheField(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*events.Event){
		"id":                  func(e *events.Event) { e.ID = uuid.Nil },
		"name":                func(e *events.Event) { e.Name = strings.Repeat("\u00e4", 201) },
		"project":             func(e *events.Event) { e.Project = "a\xff" },
		"session_id":          func(e *events.Event) { e.SessionID = "a\u0085b" },
		"source.tool":         func(e *events.Event) { e.Source.Tool = "\x00" },
		"source.tool_version": func(e *events.Event) { e.Source.ToolVersion = strings.Repeat("1", 201) },
		"source.machine":      func(e *events.Event) { e.Source.Machine = "a\nb" },
		"source.kind":         func(e *events.Event) { e.Source.Kind = 7 },
		"actor.kind":          func(e *events.Event) { e.Actor = events.Identity{Value: "ada"} },
		"actor.value":         func(e *events.Event) { e.Actor = events.Identity{Kind: 1} },
		"packages":            func(e *events.Event) { e.Packages = make([]string, 101) },
		"packages[1]":         func(e *events.Event) { e.Packages = []string{"pkg:npm/x", ""} },
		"properties_json":     func(e *events.Event) { e.Properties = `{"a":"` + strings.Repeat("a", events.MaxPropertiesBytes) + `"}` },
	} {
		e := valid()
		change(&e)
		_, err := e.Canonical(noon)
		require.ErrorIs(t, err, fault.Invalid, field)
		var f *fault.Fault
		require.ErrorAs(t, err, &f)
		require.Equal(t, field, f.FieldPath())
	}
	e := valid()
	e.Name = strings.Repeat("\u00e4", 200)
	_, err := e.Canonical(noon)
	require.NoError(t, err)
}

// Without surrounding blanks, which is how identities are compared, nothing would be left.
func TestAnActorOfBlanksIsRefused(t *testing.T) {
	t.Parallel()
	for _, value := range []string{" ", "  ", "\u00a0\u2003"} {
		e := valid()
		e.Actor = events.Identity{Kind: 1, Value: value}
		_, err := e.Canonical(noon)
		require.ErrorIs(t, err, events.ErrFieldMissing, "%q", value)
		require.ErrorContains(t, err, "actor.value")
	}
	e := valid()
	e.Actor = events.Identity{Kind: 1, Value: " ada "}
	_, err := e.Canonical(noon)
	require.NoError(t, err)
}

func TestRangesAreRoundedUpSoThatTheSameEventsAreIn(t *testing.T) {
	t.Parallel()
	start, end := noon.Add(1), noon.Add(time.Microsecond+1)
	r, err := events.NewRange(&start, &end)
	require.NoError(t, err)
	require.Equal(t, events.Range{Start: noon.Add(time.Microsecond), End: noon.Add(2 * time.Microsecond)}, r)
	_, err = events.NewRange(&end, &start)
	require.ErrorIs(t, err, events.ErrRangeInvalid)
	far, farther := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	r, err = events.NewRange(&far, &farther)
	require.NoError(t, err)
	require.False(t, r.Holds(events.MaxTime.Add(-time.Microsecond)))
}
