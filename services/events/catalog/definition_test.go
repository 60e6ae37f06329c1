package catalog_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
)

func TestDefinitionsAreWhatWasSeenAndSaid(t *testing.T) {
	t.Parallel()
	first, last := now.Add(-time.Hour), now
	learned := []catalog.Learned{
		{Name: "a", Count: 3, First: first, Last: last},
		{Name: "a", Key: "p", Type: catalog.Text, Count: 2, First: first, Last: first, Example: "old"},
		{Name: "a", Key: "p", Type: catalog.Number, Count: 1, First: last, Last: last, Example: "1"},
		{Name: "b", Count: 1, First: first, Last: first},
		{Name: "b", Key: "p", Type: catalog.Text, Count: 1, First: first, Last: first, Example: "old"},
	}
	note, err := catalog.Note{Verified: true}.Write()
	require.NoError(t, err)
	notes := []catalog.Item{{Name: "a", Description: "d", Body: note, Revision: 4}, {Name: "never seen", Description: "n", Revision: 1}}
	got, err := catalog.Define(catalog.EventNote, "", learned, notes)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]catalog.Definition{
		{Name: "a", Description: "d", Note: catalog.Note{Verified: true}, Revision: 4, Events: 3, First: first, Last: last, Types: map[catalog.Type]int64{}},
		{Name: "b", Events: 1, First: first, Last: first, Types: map[catalog.Type]int64{}},
		{Name: "never seen", Description: "n", Revision: 1},
	}, got))
	got, err = catalog.Define(catalog.PropertyNote, "", learned, nil)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]catalog.Definition{{
		Name: "p", Events: 4, First: first, Last: last, Types: map[catalog.Type]int64{catalog.Text: 3, catalog.Number: 1},
		Examples: []string{"1", "old"}, EventNames: []string{"a", "b"},
	}}, got))
	got, err = catalog.Define(catalog.PropertyNote, "b", learned, []catalog.Item{{Name: "q"}})
	require.NoError(t, err)
	require.Len(t, got, 1, "a note on a key that the event does not have")
	require.Equal(t, []string{"b"}, got[0].EventNames)
	_, err = catalog.Define(catalog.EventNote, "", nil, []catalog.Item{{Name: "a", Body: []byte("{")}})
	require.Error(t, err)
}

func TestADefinitionShowsSomeExamplesAndNames(t *testing.T) {
	t.Parallel()
	var learned []catalog.Learned
	for i := range catalog.MaxEventNames + 5 {
		learned = append(learned, catalog.Learned{Name: fmt.Sprintf("%03d", i), Key: "p", Type: catalog.Text, Count: 1, First: now, Last: now.Add(time.Duration(i) * time.Second), Example: strconv.Itoa(i)})
	}
	got, err := catalog.Define(catalog.PropertyNote, "", learned, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"104", "103", "102", "101", "100"}, got[0].Examples)
	require.Len(t, got[0].EventNames, catalog.MaxEventNames)
	require.EqualValues(t, len(learned), got[0].Events)
}

func TestDaysAreUTC(t *testing.T) {
	t.Parallel()
	for text, day := range map[string]int32{"1970-01-01T00:00:00Z": 0, "1969-12-31T23:59:59.999999Z": -1, "1969-12-31T00:00:00Z": -1, "1970-01-02T01:00:00+02:00": 0} {
		at, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		require.Equal(t, day, catalog.DayOf(at), text)
		require.False(t, at.Before(catalog.DayStart(day)))
		require.True(t, at.Before(catalog.DayStart(day+1)))
	}
}
