package seed_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/seed"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

var until = time.Date(2026, 11, 1, 15, 0, 0, 0, time.UTC)

func events(t *testing.T, options seed.Options) ([]*eventsv1.Event, *seed.Record) {
	t.Helper()
	all, record := seed.New(options).Events()
	var list []*eventsv1.Event
	for e := range all {
		list = append(list, e)
	}
	return list, record
}

func TestTheSameNumberMakesTheSameCompany(t *testing.T) {
	options := seed.Options{Seed: 1, Developers: 9, Days: 20, Until: until}
	first, record := events(t, options)
	again, recordAgain := events(t, options)
	require.Len(t, again, len(first))
	for i := range first {
		require.True(t, proto.Equal(first[i], again[i]), "event %d", i)
	}
	require.Equal(t, record, recordAgain)
	options.Seed = 2
	other, _ := events(t, options)
	require.NotEqual(t, first[0].GetId(), other[0].GetId())
}

func TestEventsAreInOrderAndInTimeAndTheirOwn(t *testing.T) {
	list, record := events(t, seed.Options{Seed: 7, Developers: 30, Days: 60, Until: until})
	ids := map[string]bool{}
	names := map[string]int{}
	kinds := map[eventsv1.SourceKind]int{}
	for i, e := range list {
		at := e.GetOccurredAt().AsTime()
		require.False(t, at.Before(until.Truncate(24*time.Hour).AddDate(0, 0, -60)))
		require.True(t, at.Before(until.Truncate(24*time.Hour)))
		if i > 0 && at.Truncate(24*time.Hour).Equal(list[i-1].GetOccurredAt().AsTime().Truncate(24*time.Hour)) {
			require.False(t, at.Before(list[i-1].GetOccurredAt().AsTime()), "event %d", i)
		}
		require.False(t, ids[e.GetId()], "event %d has the id of another", i)
		ids[e.GetId()] = true
		names[e.GetName()]++
		kinds[e.GetSource().GetKind()]++
	}
	for _, name := range []string{"editor.heartbeat", "package.viewed", "commit.authored", "build.finished", "agent.tool_called", "package.installed", "package.added", "package.changed", "package.removed"} {
		require.Positive(t, names[name], name)
	}
	require.Len(t, kinds, 6)

	require.Equal(t, "pkg:npm/tiny-color-stream@4.1.3", record.Purl)
	require.Greater(t, len(record.Projects), 2)
	require.Greater(t, len(record.Developers), 2)
	require.Greater(t, len(record.Machines), 2)
	still := 0
	for _, has := range record.Still {
		if has {
			still++
		}
	}
	require.Positive(t, still)
	require.Less(t, still, len(record.Still))
}

func TestTheSmallestCompanyHasItsIncident(t *testing.T) {
	for days := range 5 {
		list, _ := events(t, seed.Options{Seed: 3, Developers: 1, Days: days + 1, Until: until})
		require.NotEmpty(t, list)
	}
	_, record := events(t, seed.Options{Seed: 3, Developers: 1, Days: 8, Until: until})
	require.Positive(t, record.Count)
}
