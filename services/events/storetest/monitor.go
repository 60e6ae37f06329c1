package storetest

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// Endless asks a store for what takes longer than anybody waits, under the tag of an organization, as its own questions are asked.
type Endless func(ctx context.Context, s insight.Engine) error

// RunMonitor runs the cases of events.Monitor. Endless asks in the organization ID("org"); settle has the engine write its record of queries down.
func RunMonitor(t *testing.T, open OpenInsightFunc, endless Endless, settle func(t *testing.T)) {
	org, other := ID("org"), ID("other")
	t.Run("a status tells of the database and its tables", func(t *testing.T) {
		s := newSubject(t, open(t))
		s.append(s.event("a", touching("pkg:npm/x@1")))
		status, err := s.store.Status(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, status.Engine)
		require.False(t, status.StartedAt.IsZero())
		var names []string
		for _, table := range status.Tables {
			names = append(names, table.Name)
			require.GreaterOrEqual(t, table.Rows, int64(0))
			require.GreaterOrEqual(t, table.Bytes, int64(0))
		}
		require.Contains(t, names, "events")
		require.IsIncreasing(t, append([]string{""}, names...))
	})
	t.Run("dead letters are counted by organization", func(t *testing.T) {
		s := newSubject(t, open(t))
		letter := events.DeadLetter{ID: ID("letter"), Name: "a", FailedAt: noon, ReceivedAt: noon, Payload: []byte("x")}
		require.NoError(t, s.store.AddDeadLetters(t.Context(), org, []events.DeadLetter{letter}))
		for id, want := range map[string]int64{"org": 1, "other": 0} {
			n, err := s.store.DeadLetterCount(t.Context(), ID(id))
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		require.NoError(t, s.store.RemoveDeadLetter(t.Context(), org, letter.ID))
		n, err := s.store.DeadLetterCount(t.Context(), org)
		require.NoError(t, err)
		require.Zero(t, n)
	})
	t.Run("a canceled query is gone from the server and its caller is told", func(t *testing.T) {
		s := newSubject(t, open(t)).store
		unhurried(s)
		running := func() []events.Query {
			list, err := s.RunningQueries(t.Context(), org)
			assert.NoError(t, err)
			return list
		}
		require.ErrorIs(t, s.CancelQuery(t.Context(), org, ID("none").String()), events.ErrQueryNotFound)
		require.ErrorIs(t, s.CancelQuery(t.Context(), org, "' OR 1 = 1 --"), events.ErrQueryNotFound)
		ended := make(chan error, 1)
		go func() { ended <- endless(t.Context(), s) }()
		var list []events.Query
		require.Eventually(t, func() bool {
			select {
			case err := <-ended:
				t.Errorf("the query ended by itself: %v", err)
			default:
			}
			list = running()
			return len(list) == 1 && list[0].Elapsed > 50*time.Millisecond // a shorter one is no slow query, which is looked for below
		}, 30*time.Second, 10*time.Millisecond)
		require.Equal(t, org.String(), list[0].Tag.Organization)
		require.Equal(t, "endless", list[0].Tag.Kind)
		foreign, err := s.RunningQueries(t.Context(), other)
		require.NoError(t, err)
		require.Empty(t, foreign)
		require.ErrorIs(t, s.CancelQuery(t.Context(), other, list[0].ID), events.ErrQueryNotFound, "another organization's query")
		require.NoError(t, s.CancelQuery(t.Context(), org, list[0].ID))
		require.Eventually(t, func() bool { return len(running()) == 0 }, 30*time.Second, 5*time.Millisecond, "it is still on the server")
		require.ErrorIs(t, <-ended, events.ErrQuestionCanceled)
		require.ErrorIs(t, s.CancelQuery(t.Context(), org, list[0].ID), events.ErrQueryNotFound)

		settle(t)
		f := events.SlowQueryFilter{Since: time.Now().Add(-time.Hour), Limit: 1000}
		slow, err := s.SlowQueries(t.Context(), org, f)
		require.NoError(t, err)
		canceled := func(q events.Query) bool { return reflect.DeepEqual(q.Tag, list[0].Tag) }
		at := slices.IndexFunc(slow.Queries, canceled)
		require.GreaterOrEqual(t, at, 0, "%v", slow.Queries)
		require.NotEmpty(t, slow.Queries[at].Failure)
		require.True(t, slices.IsSortedFunc(slow.Queries, func(a, b events.Query) int { return cmp.Compare(b.Elapsed, a.Elapsed) }))
		f.Limit = 1
		slow, err = s.SlowQueries(t.Context(), org, f)
		require.NoError(t, err)
		require.Len(t, slow.Queries, 1)
		for name, c := range map[string]func() (events.SlowQueries, error){
			"another organization": func() (events.SlowQueries, error) { return s.SlowQueries(t.Context(), other, f) },
			"later": func() (events.SlowQueries, error) {
				f.Since = time.Now().Add(time.Hour)
				return s.SlowQueries(t.Context(), org, f)
			},
			"slower": func() (events.SlowQueries, error) {
				return s.SlowQueries(t.Context(), org, events.SlowQueryFilter{Least: time.Hour, Limit: 10})
			},
		} {
			none, err := c()
			require.NoError(t, err, name)
			require.False(t, slices.ContainsFunc(none.Queries, canceled), name) // on a slow machine its own questions may be slow
		}
	})
	t.Run("questions are remembered by the properties that they look at", func(t *testing.T) {
		s := newSubject(t, open(t))
		s.append(s.event("a", by("ada", "ada")))
		for _, keys := range [][]string{{"lang", "*/ it's"}, {"lang"}, nil} {
			q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, By: insight.Developers}, All: true, Keys: keys}
			require.NoError(t, s.store.Sequences(t.Context(), s.org, q, func(insight.Sequence) error { return nil }))
		}
		settle(t)
		since := time.Now().Add(-time.Hour)
		usage, err := s.store.PropertyUsage(t.Context(), s.org, since, 10)
		require.NoError(t, err)
		queries := map[string]int64{}
		for _, u := range usage {
			require.GreaterOrEqual(t, u.Elapsed, time.Duration(0))
			queries[u.Key] = u.Queries
		}
		require.Equal(t, map[string]int64{"lang": 2, "*/ it's": 1}, queries)
		usage, err = s.store.PropertyUsage(t.Context(), s.org, since, 1)
		require.NoError(t, err)
		require.Len(t, usage, 1)
		usage, err = s.store.PropertyUsage(t.Context(), other, since, 10)
		require.NoError(t, err)
		require.Empty(t, usage, "another organization")

		promoter := catalog.NewPromoter(s.store, catalog.NewKeeper(s.store, time.Now), catalog.Slots)
		_, err = promoter.Promote(t.Context(), s.org, "lang")
		require.NoError(t, err)
		usage, err = promoter.Suggest(t.Context(), s.org, since, 10)
		require.NoError(t, err)
		require.Len(t, usage, 1, "what is promoted is not suggested")
		require.Equal(t, "*/ it's", usage[0].Key)
	})
}
