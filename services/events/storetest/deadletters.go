package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var deadLetterCases = []testCase{
	{"dead letters are listed newest first, in pages", deadLettersListed},
	{"a dead letter is replaced by its id and can be removed", deadLetterReplaced},
	{"dead letters are their organization's", deadLettersApart},
}

func letter(name string, failed time.Time) events.DeadLetter {
	return events.DeadLetter{
		FailedAt: failed, ID: ID(name), Message: "it's \\ wrong\n", Name: name, Payload: []byte{0, 1, 0xff, '\'', '\\', 'n'},
		Reason: "TEXT_INVALID", ReceivedAt: noon.Add(123456 * time.Microsecond),
	}
}

func deadLettersListed(t *testing.T, s *subject) {
	list, err := s.store.ListDeadLetters(t.Context(), s.org, nil, 10)
	require.NoError(t, err)
	require.Nil(t, list)
	want := []events.DeadLetter{letter("newest", noon.Add(time.Microsecond)), letter("a", noon), letter("b", noon), letter("c", noon), letter("oldest", noon.Add(-time.Hour))}
	slices.SortFunc(want[1:4], func(a, b events.DeadLetter) int { return strings.Compare(b.ID.String(), a.ID.String()) }) // equal times: by ids
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, []events.DeadLetter{want[3], want[0], want[4], want[1], want[2]}))
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, nil))
	for size := 1; size <= len(want)+1; size++ {
		var got []events.DeadLetter
		var after *events.DeadLetterPosition
		for {
			page, err := s.store.ListDeadLetters(t.Context(), s.org, after, size)
			require.NoError(t, err)
			got = append(got, page...)
			if len(page) < size {
				break
			}
			last := page[len(page)-1]
			after = &events.DeadLetterPosition{FailedAt: last.FailedAt, ID: last.ID}
		}
		require.Empty(t, cmp.Diff(want, got))
	}
}

func deadLetterReplaced(t *testing.T, s *subject) {
	_, err := s.store.DeadLetter(t.Context(), s.org, ID("a"))
	require.ErrorIs(t, err, events.ErrDeadLetterNotFound)
	first := letter("a", noon)
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, []events.DeadLetter{first}))
	second := first
	second.FailedAt, second.Reason = noon.Add(time.Hour), "OTHER"
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, []events.DeadLetter{second, letter("b", noon)}))
	got, err := s.store.DeadLetter(t.Context(), s.org, ID("a"))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(second, got))
	for range 2 {
		require.NoError(t, s.store.RemoveDeadLetter(t.Context(), s.org, ID("a")))
	}
	_, err = s.store.DeadLetter(t.Context(), s.org, ID("a"))
	require.ErrorIs(t, err, events.ErrDeadLetterNotFound)
	list, err := s.store.ListDeadLetters(t.Context(), s.org, nil, 10)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]events.DeadLetter{letter("b", noon)}, list))
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, []events.DeadLetter{first}), "it may come again")
	_, err = s.store.DeadLetter(t.Context(), s.org, ID("a"))
	require.NoError(t, err)
}

func deadLettersApart(t *testing.T, s *subject) {
	other := uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")
	require.NoError(t, s.store.AddDeadLetters(t.Context(), s.org, []events.DeadLetter{letter("a", noon)}))
	list, err := s.store.ListDeadLetters(t.Context(), other, nil, 10)
	require.NoError(t, err)
	require.Nil(t, list)
	_, err = s.store.DeadLetter(t.Context(), other, ID("a"))
	require.ErrorIs(t, err, events.ErrDeadLetterNotFound)
	require.NoError(t, s.store.RemoveDeadLetter(t.Context(), other, ID("a")))
	_, err = s.store.DeadLetter(t.Context(), s.org, ID("a"))
	require.NoError(t, err)
}
