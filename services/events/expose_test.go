package events_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/memory"
)

var exposed = uuid.MustParse("5d0c3a5e-0000-4000-8000-00000000000e")

// project is a store with changes of manifests, each an hour after the one before.
func project(t *testing.T, changes ...[3]string) events.Store {
	t.Helper()
	store := memory.New(time.Now)
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range changes {
		e, err := events.Event{
			ID: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), Name: c[0], OccurredAt: at.Add(time.Duration(i) * time.Hour), Project: "p",
			Source: events.Source{Kind: events.SourceGit, Tool: "git"}, Packages: []string{c[1]}, Properties: c[2],
		}.Canonical(at.AddDate(0, 1, 0))
		require.NoError(t, err)
		_, err = store.Append(t.Context(), exposed, []events.Event{e})
		require.NoError(t, err)
	}
	return store
}

func expose(t *testing.T, store events.Store, req events.ExposureRequest) (events.ExposureAnswer, error) {
	t.Helper()
	req.Range, req.Rows = events.AllTime, 10
	return events.Expose(t.Context(), store, exposed, req)
}

func TestExposeFindsTheVersionsOfARange(t *testing.T) {
	store := project(t,
		[3]string{"package.added", "pkg:npm/x@1.2.0", "{}"}, [3]string{"package.added", "pkg:npm/x@1.10.0", "{}"},
		[3]string{"package.added", "pkg:npm/x@2.0.0", "{}"}, [3]string{"package.added", "pkg:npm/x", "{}"}, [3]string{"package.added", "pkg:npm/x@latest", "{}"},
	)
	for question, want := range map[string][]string{
		"":                             {"", "1.10.0", "1.2.0", "2.0.0", "latest"},
		"vers:npm/>=1.3.0":             {"1.10.0", "2.0.0"},
		"^1.0.0":                       {"1.10.0", "1.2.0"},
		"vers:npm/<1.0.0":              nil,
		"vers:npm/>=1.9.0|<2.0.0":      {"1.10.0"},
		"vers:npm/=latest|>=1.9|<1.99": {"1.10.0", "latest"},
	} {
		answer, err := expose(t, store, events.ExposureRequest{Purl: "pkg:npm/x", VersionRange: question, Evidence: 10})
		require.NoError(t, err, question)
		var got []string
		for _, row := range answer.Exposure.Versions.Rows {
			got = append(got, row.Key)
		}
		require.Equal(t, want, got, question)
		require.Len(t, answer.Evidence, len(want), question)
	}
	answer, err := expose(t, store, events.ExposureRequest{Purl: "pkg:npm/x", Versions: []string{"2.0.0", "1.2.0", "9"}})
	require.NoError(t, err)
	require.EqualValues(t, 2, answer.Exposure.Sighting.Count)
	require.Equal(t, "pkg:npm/x", answer.Purl)
}

// A purl of some types is none without a qualifier, which the question has.
func TestExposeTakesVersionsOfTypesWithAQualifier(t *testing.T) {
	for _, text := range []string{"pkg:julia/Dates%s?uuid=ade2ca70-3891-5945-98fb-dc099432e06a", "pkg:swid/Acme%s?tag_id=75b8c285-fa7b-485b-b199-4745e3004d0d"} {
		store := project(t, [3]string{"package.added", fmt.Sprintf(text, "@1.0"), "{}"}, [3]string{"package.added", fmt.Sprintf(text, "@2.0"), "{}"})
		answer, err := expose(t, store, events.ExposureRequest{Purl: fmt.Sprintf(text, ""), Versions: []string{"1.0"}})
		require.NoError(t, err)
		require.EqualValues(t, 1, answer.Exposure.Sighting.Count)
	}
}

func TestExposeRefusesVersionsInTwoWays(t *testing.T) {
	store := memory.New(time.Now)
	for _, c := range []struct {
		req    events.ExposureRequest
		target error
	}{
		{events.ExposureRequest{Purl: "x"}, events.ErrPurlInvalid},
		{events.ExposureRequest{Purl: "pkg:npm/x@1", Versions: []string{"2"}}, events.ErrVersionsContradict},
		{events.ExposureRequest{Purl: "pkg:npm/x@1", VersionRange: "^1"}, events.ErrVersionsContradict},
		{events.ExposureRequest{Purl: "pkg:npm/x", Versions: []string{"2"}, VersionRange: "^1"}, events.ErrVersionsContradict},
		{events.ExposureRequest{Purl: "pkg:npm/x", VersionRange: "vers:pypi/1"}, events.ErrVersionRangeInvalid},
		{events.ExposureRequest{Purl: "pkg:github/a/b", VersionRange: "^1"}, events.ErrVersionRangeInvalid},
	} {
		_, err := expose(t, store, c.req)
		require.ErrorIs(t, err, c.target, "%+v", c.req)
	}
}

func TestExposeSaysWhetherAProjectStillHasIt(t *testing.T) {
	for name, c := range map[string]struct {
		changes [][3]string
		purl    string
		want    events.Presence
	}{
		"added":               {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}}, "pkg:npm/x", events.Present},
		"only seen":           {[][3]string{{"package.built", "pkg:npm/x@1", `{"path":"a"}`}}, "pkg:npm/x", events.PresenceUnknown},
		"removed":             {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}, {"package.removed", "pkg:npm/x@1", `{"path":"a"}`}}, "pkg:npm/x", events.Absent},
		"left in another":     {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}, {"package.removed", "pkg:npm/x@1", `{"path":"b"}`}}, "pkg:npm/x", events.Present},
		"replaced":            {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}, {"package.changed", "pkg:npm/x@2", `{"path":"a","from":["1"],"to":["2"]}`}}, "pkg:npm/x@1", events.Absent},
		"one of two went":     {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}, {"package.changed", "pkg:npm/x", `{"path":"a","from":["1","2"],"to":["1"]}`}}, "pkg:npm/x@1", events.Present},
		"replaced by a range": {[][3]string{{"package.added", "pkg:npm/x@1", `{"path":"a"}`}, {"package.changed", "pkg:npm/x", `{"path":"a","from":["1"],"to":[""]}`}}, "pkg:npm/x@1", events.PresenceUnknown},
		"a range beside":      {[][3]string{{"package.removed", "pkg:npm/x@1", `{"path":"a"}`}, {"package.added", "pkg:npm/x", `{"path":"b"}`}}, "pkg:npm/x@1", events.PresenceUnknown},
		"a range before":      {[][3]string{{"package.added", "pkg:npm/x", `{"path":"a"}`}, {"package.removed", "pkg:npm/x@1", `{"path":"b"}`}}, "pkg:npm/x@1", events.PresenceUnknown},
		"a range and it":      {[][3]string{{"package.added", "pkg:npm/x", `{"path":"a"}`}, {"package.added", "pkg:npm/x@1", `{"path":"b"}`}}, "pkg:npm/x@1", events.Present},
		"a range, any asked":  {[][3]string{{"package.added", "pkg:npm/x", `{"path":"a"}`}}, "pkg:npm/x", events.Present},
		"another spelling":    {[][3]string{{"package.changed", "pkg:golang/example.org/x@v1.2.0", `{"path":"a","from":["v1.1.0"],"to":["v1.2.0"]}`}}, "pkg:golang/example.org/x@v1.2.0", events.Present},
		"other letters":       {[][3]string{{"package.changed", "pkg:pypi/x@1.0RC1", `{"path":"a","from":["0.9"],"to":["1.0RC1"]}`}}, "pkg:pypi/x@1.0RC1", events.Present},
		"changed, no details": {[][3]string{{"package.added", "pkg:npm/x@1", `{}`}, {"package.changed", "pkg:npm/x@2", `{}`}}, "pkg:npm/x@2", events.Present},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := expose(t, project(t, c.changes...), events.ExposureRequest{Purl: c.purl})
			require.NoError(t, err)
			require.Equal(t, c.want, answer.Presence["p"])
		})
	}
}
