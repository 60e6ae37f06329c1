package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
)

var catalogCases = []testCase{
	{"an item is changed by who knows its revision, and gone for good", itemRevisions},
	{"of writers that race for a revision one wins", itemRaces},
	{"items are listed by name, in pages, and their heads by kind", itemLists},
	{"items are their organization's", itemsApart},
	{"definitions are learned by day, again and again", daysLearned},
	{"a day is replaced as a whole", daysReplaced},
	{"members are those of all that have events or properties", cohortMembers},
	{"a learner that is stopped anywhere is finished by the next", learnerStopped},
}

// item makes one, with texts that need care.
func item(name string, change ...func(*catalog.Item)) catalog.Item {
	i := catalog.Item{
		Kind: catalog.Action, ID: ID(name), Name: name, Description: "it's a \\ \"$1\"\n{x}", Body: []byte{0, 1, 0xff, '\'', '\\', 'n'},
		Uses: []uuid.UUID{ID("other"), ID(name)}, Revision: 1, CreatedAt: noon, UpdatedAt: noon.Add(time.Microsecond),
	}
	for _, c := range change {
		c(&i)
	}
	return i
}

func (s *subject) put(i catalog.Item) error {
	s.t.Helper()
	return s.store.PutItem(s.t.Context(), s.org, i)
}

func itemRevisions(t *testing.T, s *subject) {
	first := item("a")
	_, err := s.store.Item(t.Context(), s.org, first.Kind, first.ID)
	require.ErrorIs(t, err, catalog.ErrItemNotFound)
	require.ErrorIs(t, s.put(item("a", func(i *catalog.Item) { i.Revision = 2 })), catalog.ErrItemChanged, "there is nothing to change")
	require.NoError(t, s.put(first))
	require.ErrorIs(t, s.put(first), catalog.ErrItemChanged, "it is there")
	got, err := s.store.Item(t.Context(), s.org, first.Kind, first.ID)
	require.NoError(t, err)
	equal(t, first, got, "the first revision")

	second := catalog.Item{Kind: first.Kind, ID: first.ID, Name: "b", Revision: 2, CreatedAt: noon.Add(time.Hour), UpdatedAt: noon.Add(time.Hour)}
	require.NoError(t, s.put(second))
	require.ErrorIs(t, s.put(second), catalog.ErrItemChanged)
	got, err = s.store.Item(t.Context(), s.org, first.Kind, first.ID)
	require.NoError(t, err)
	second.CreatedAt = noon
	equal(t, second, got, "the second revision, made when the first was")

	_, err = s.store.Item(t.Context(), s.org, catalog.Cohort, first.ID)
	require.ErrorIs(t, err, catalog.ErrItemNotFound, "another kind")
	third := second
	third.Revision, third.Gone = 3, true
	require.NoError(t, s.put(third))
	_, err = s.store.Item(t.Context(), s.org, first.Kind, first.ID)
	require.ErrorIs(t, err, catalog.ErrItemNotFound)
	list, err := s.store.Items(t.Context(), s.org, first.Kind, catalog.Place{}, 10)
	require.NoError(t, err)
	require.Nil(t, list)
	require.ErrorIs(t, s.put(first), catalog.ErrItemChanged, "gone is gone")
	require.ErrorIs(t, s.put(item("a", func(i *catalog.Item) { i.Revision = 4 })), catalog.ErrItemChanged)
}

func itemRaces(t *testing.T, s *subject) {
	const writers, rounds = 8, 4
	for revision := int64(1); revision <= rounds; revision++ {
		var wg sync.WaitGroup
		errs := make([]error, writers)
		for w := range writers {
			wg.Go(func() {
				errs[w] = s.store.PutItem(t.Context(), s.org, item("a", func(i *catalog.Item) { i.Revision, i.Description = revision, strconv.Itoa(w) }))
			})
		}
		wg.Wait()
		winner := ""
		for w, err := range errs {
			if err == nil {
				require.Empty(t, winner, "two writers won revision %d", revision)
				winner = strconv.Itoa(w)
				continue
			}
			require.ErrorIs(t, err, catalog.ErrItemChanged)
		}
		got, err := s.store.Item(t.Context(), s.org, catalog.Action, ID("a"))
		require.NoError(t, err)
		require.Equal(t, revision, got.Revision)
		require.Equal(t, winner, got.Description, "what is stored is the winner's")
	}
}

func itemLists(t *testing.T, s *subject) {
	var want []catalog.Item
	for _, name := range []string{"", "A", "a", "a b", "\u00e9", "z'"} {
		i := item(name)
		require.NoError(t, s.put(i))
		want = append(want, i)
	}
	twin := item("twin", func(i *catalog.Item) { i.Name = "a" })
	require.NoError(t, s.put(twin))
	want = append(want, twin)
	slices.SortFunc(want, func(a, b catalog.Item) int { return a.Place().Compare(b.Place()) })
	other := item("cohort", func(i *catalog.Item) { i.Kind = catalog.Cohort })
	require.NoError(t, s.put(other))
	for size := 1; size <= len(want)+1; size++ {
		var got []catalog.Item
		for after := (catalog.Place{}); ; {
			page, err := s.store.Items(t.Context(), s.org, catalog.Action, after, size)
			require.NoError(t, err)
			got = append(got, page...)
			if len(page) < size {
				break
			}
			after = page[len(page)-1].Place()
		}
		equal(t, want, got, "pages of %d", size)
	}
	for i := range want {
		want[i].Description, want[i].Body = "", nil
	}
	other.Description, other.Body = "", nil
	heads, err := s.store.Heads(t.Context(), s.org, catalog.Cohort, catalog.Action)
	require.NoError(t, err)
	equal(t, append(want, other), heads, "heads")
	heads, err = s.store.Heads(t.Context(), s.org, catalog.Cohort)
	require.NoError(t, err)
	equal(t, []catalog.Item{other}, heads, "heads of one kind")
}

func itemsApart(t *testing.T, s *subject) {
	other := uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")
	require.NoError(t, s.put(item("a")))
	_, err := s.store.Item(t.Context(), other, catalog.Action, ID("a"))
	require.ErrorIs(t, err, catalog.ErrItemNotFound)
	list, err := s.store.Items(t.Context(), other, catalog.Action, catalog.Place{}, 10)
	require.NoError(t, err)
	require.Nil(t, list)
	require.NoError(t, s.store.PutItem(t.Context(), other, item("a", func(i *catalog.Item) { i.Name = "theirs" })), "equal ids do not meet")
	got, err := s.store.Item(t.Context(), s.org, catalog.Action, ID("a"))
	require.NoError(t, err)
	require.Equal(t, "a", got.Name)

	s.append(s.event("e"))
	days, err := s.store.EventDays(t.Context(), other)
	require.NoError(t, err)
	require.Nil(t, days)
	require.NoError(t, s.store.Occurrences(t.Context(), other, allTime, func(catalog.Occurrence) error { return errors.New("a foreign event") }))
	s.learn()
	learned, err := s.store.Learned(t.Context(), other)
	require.NoError(t, err)
	require.Nil(t, learned)
	organizations, err := s.store.Organizations(t.Context())
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{s.org}, organizations)
}

// line writes a learned row.
func line(l catalog.Learned) string {
	return strings.Join([]string{
		l.Name, l.Key, fmt.Sprint(l.Type), strconv.FormatInt(l.Count, 10), l.First.Format("0102.150405.999999"), l.Last.Format("0102.150405.999999"), l.Example,
	}, "|")
}
