package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var foldCases = []testCase{
	{"1,000 merges and then folding change no answer", foldedMerges},
	{"the comparison of answers finds one event that is somebody else's", foldControl},
	{"events of a folded identity that come later are the new developer's, whatever their stamp", foldLater},
	{"a merge that is undone while it is folded, and after, is undone", foldUndone},
	{"a reassignment older than the folded one changes nothing", foldOlder},
	{"a fold that is ended in the middle is taken up", foldEnded},
	{"folding one organization leaves another alone", foldTenants},
}

// fold folds until nothing is pending and returns how much was.
func (s *subject) fold(limit int) int {
	s.t.Helper()
	sum := 0
	for {
		n, err := s.store.Fold(s.t.Context(), limit)
		require.NoError(s.t, err)
		if n == 0 {
			break
		}
		sum += n
	}
	require.Zero(s.t, s.pending())
	return sum
}

func (s *subject) pending() int {
	s.t.Helper()
	n, err := s.store.Pending(s.t.Context())
	require.NoError(s.t, err)
	return n
}

func person(n int) string { return fmt.Sprintf("person-%d@example.org", n) }

// crowd appends events of identities 0 to n-1, each stamped with a developer of its own, in two years.
func (s *subject) crowd(n int) {
	s.t.Helper()
	var batch []events.Event
	for i := range n {
		for j, name := range []string{"opened", "pushed", "package.added"} {
			batch = append(batch, s.event(fmt.Sprint(i, name), named(name), by(person(i), fmt.Sprint("developer ", i)),
				at(noon.Add(time.Duration(i%50)*time.Hour-time.Duration(j)*200*24*time.Hour)), func(e *events.Event) {
					e.Project, e.Source.Machine = fmt.Sprint("github.com/own/", i%3), fmt.Sprint("machine-", i%7)
					if j == 2 {
						e.Packages = []string{"pkg:npm/x@1", fmt.Sprintf("pkg:npm/x@%d", 2+i%2)}
					}
				}))
		}
	}
	s.append(batch...)
}

// merge gives identities the developer of their neighbor.
func (s *subject) merge(from, to int) {
	s.t.Helper()
	var changes []events.Reassignment
	for i := from; i < to; i++ {
		owner := ID(fmt.Sprint("developer ", i))
		changes = append(changes, events.Reassignment{
			Identity: actor(person(i)), DeveloperID: ID(fmt.Sprint("developer ", i-i%3)), Previous: &owner, Sequence: int64(1 + i),
		})
	}
	s.reassign(changes...)
}

// answers are those to a fixed set of questions of every kind, by their names, as bytes.
func (s *subject) answers() map[string]string {
	s.t.Helper()
	all := make(map[string]string)
	note := func(name string, answer any, err error) {
		s.t.Helper()
		require.NoError(s.t, err, name)
		text, err := json.Marshal(answer)
		require.NoError(s.t, err)
		all[name] = string(text)
	}
	ctx := s.t.Context()
	for _, developer := range []string{"", "developer 0"} {
		f := events.Filter{}
		if developer != "" {
			f.DeveloperIDs = []uuid.UUID{ID(developer)}
		}
		list, err := s.store.List(ctx, s.org, events.ListQuery{Range: events.AllTime, Limit: 1000, Filter: f})
		note("list of "+developer, list, err)
		start, end := noon.Add(-24*time.Hour), noon.Add(72*time.Hour)
		q, err := events.NewDigestQuery(&start, &end)
		require.NoError(s.t, err)
		q.Filter, q.Limit = f, 50
		d, err := s.store.Digest(ctx, s.org, q)
		note("digest of "+developer, d, err)
		s.insightAnswers(ctx, developer, f, note)
	}
	x, err := s.store.Exposure(ctx, s.org, events.ExposureQuery{Package: "pkg:npm/x", Range: events.AllTime, Limit: 1000})
	note("exposure", x, err)
	x, err = s.store.Exposure(ctx, s.org, events.ExposureQuery{Package: "pkg:npm/x", Versions: []string{"2"}, Range: events.AllTime, Limit: 1000})
	note("exposure of a version", x, err)
	return all
}

// glance is answers with a few questions only.
func (s *subject) glance() map[string]string {
	s.t.Helper()
	x := s.exposure("pkg:npm/x")
	q := s.trendsQuery(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 4), events.Week, "")
	return map[string]string{
		"list":     fmt.Sprint(s.list(events.ListQuery{})),
		"timeline": fmt.Sprint(s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("developer 0")}}})),
		"exposure": fmt.Sprint(x),
		"trend":    fmt.Sprint(s.trend(q, insight.UniqueActors, "opened")),
	}
}

func (s *subject) insightAnswers(ctx context.Context, developer string, f events.Filter, note func(string, any, error)) {
	q := s.trendsQuery(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 4), events.Day, "")
	q.Filter = f
	matcher := func(name string) insight.Matcher { return insight.Matcher{{Name: name}} }
	for _, math := range []insight.Math{insight.Total, insight.UniqueActors} {
		q.Series = append(q.Series, insight.Series{Matcher: matcher("opened"), Math: math})
	}
	rows, err := s.store.TrendRows(ctx, s.org, q)
	note("trends of "+developer, rows, err)
	actors, err := s.store.TrendActors(ctx, s.org, q, insight.TrendCell{Series: 1, Bucket: 1}, insight.ActorPage{Limit: 1000})
	note("actors of a trend of "+developer, actors, err)
	whole := q.Question
	whole.Range = events.Range{Start: noon.AddDate(-2, 0, 0), End: noon.AddDate(0, 0, 4)}
	r := insight.RetentionQuery{Question: q.Question, Target: matcher("opened"), Returning: matcher("opened")}
	for _, start := range q.Buckets {
		r.Intervals = append(r.Intervals, events.Range{Start: start, End: start.AddDate(0, 0, 1)})
	}
	retention, err := s.store.Retention(ctx, s.org, r)
	note("retention of "+developer, retention, err)
	sticky, err := s.store.Stickiness(ctx, s.org, insight.StickinessQuery{Question: q.Question, Buckets: q.Buckets, Series: []insight.Matcher{matcher("opened")}})
	note("stickiness of "+developer, sticky, err)
	life, err := s.store.Lifecycle(ctx, s.org, insight.LifecycleQuery{Question: q.Question, Buckets: q.Buckets, Before: q.Buckets[0].AddDate(0, 0, -1), Matcher: matcher("opened")})
	note("lifecycle of "+developer, life, err)
	var sequences []insight.Sequence
	err = s.store.Sequences(ctx, s.org, insight.SequenceQuery{Question: whole, All: true, Names: true}, func(one insight.Sequence) error {
		sequences = append(sequences, one)
		return nil
	})
	note("sequences of "+developer, sequences, err)
}

func foldedMerges(t *testing.T, s *subject) {
	const merges = 1000
	s.crowd(merges + 20)
	apart := s.answers()
	s.merge(0, merges)
	s.append(s.event("late before", by(person(1), "developer 1"), named("opened")))
	before := s.answers()
	require.NotEqual(t, apart, before, "the merges must show")
	require.Equal(t, merges, s.pending())
	done, asked := make(chan error, 1), 0
	go func() {
		sum := 0
		for {
			n, err := s.store.Fold(t.Context(), 300)
			if sum += n; err != nil || n == 0 {
				if err == nil && sum != merges {
					err = fmt.Errorf("%d were folded", sum)
				}
				done <- err
				return
			}
		}
	}()
	for folding := true; folding; asked++ {
		select {
		case err := <-done:
			require.NoError(t, err)
			folding = false
		default:
		}
		equal(t, before, s.answers(), "answers while folding")
	}
	require.Positive(t, asked)
	require.Zero(t, s.pending())
	equal(t, before, s.answers(), "answers after folding")
}

func foldControl(t *testing.T, s *subject) {
	s.crowd(30)
	s.merge(0, 20)
	before := s.answers()
	s.fold(7)
	equal(t, before, s.answers(), "answers after folding")
	s.reassign(events.Reassignment{Identity: actor(person(4)), DeveloperID: ID("newcomer"), Sequence: 99})
	for name, answer := range s.answers() {
		if name == "exposure" || name == "list of " || name == "digest of " || name == "sequences of " {
			require.NotEqual(t, before[name], answer, name)
		}
	}
	s.fold(7)
	require.NotEmpty(t, cmp.Diff(before, s.answers()))
}

func foldLater(t *testing.T, s *subject) {
	s.crowd(9)
	s.merge(0, 9)
	s.fold(100)
	late := s.event("late", by(person(1), "developer 1"), touching("pkg:npm/x@1"), at(noon.AddDate(0, 0, 20)))
	s.append(late)
	require.Equal(t, events.Duplicate, s.outcomes(late)[0])
	require.Equal(t, ID("developer 0"), s.list(events.ListQuery{Limit: 1})[0].DeveloperID)
	for _, row := range s.exposure("pkg:npm/x").Developers.Rows {
		require.NotEqual(t, ID("developer 1"), row.Key)
	}
}

func foldUndone(t *testing.T, s *subject) {
	s.crowd(9)
	apart := s.glance()
	s.merge(1, 3)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.store.Fold(ctx, 10)
		done <- err
	}()
	undo := func(sequence int64) {
		for i := 1; i < 3; i++ {
			s.reassign(events.Reassignment{Identity: actor(person(i)), DeveloperID: ID(fmt.Sprint("developer ", i)), Sequence: sequence + int64(i)})
		}
	}
	undo(100)
	equal(t, apart, s.glance(), "answers after an undo while folding")
	require.NoError(t, <-done)
	cancel()
	equal(t, apart, s.glance(), "answers after the fold")
	s.fold(10)
	equal(t, apart, s.glance(), "answers after the undo is folded")
	for i := 1; i < 3; i++ {
		s.reassign(events.Reassignment{Identity: actor(person(i)), DeveloperID: ID("developer 0"), Sequence: 200 + int64(i)})
	}
	s.fold(10)
	undo(300)
	equal(t, apart, s.glance(), "answers after an undo of what was folded")
	s.fold(1)
	equal(t, apart, s.glance(), "answers after that is folded, too")
}

func foldOlder(t *testing.T, s *subject) {
	s.append(s.event("a", by("ada@example.org", "old")), s.event("m", by("machine", "")))
	s.reassign(events.Reassignment{Identity: actor("machine")})
	require.Zero(t, s.pending())
	s.reassign(
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("ada"), Sequence: 7},
		events.Reassignment{Identity: actor("machine"), DeveloperID: ID("bo"), Sequence: 8, Birth: true},
	)
	require.Equal(t, 2, s.fold(100))
	wanted := s.list(events.ListQuery{})
	s.reassign(
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("eve"), Sequence: 3},
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("eve"), Sequence: 7},
		events.Reassignment{Identity: actor("machine")},
		events.Reassignment{Identity: actor("machine"), DeveloperID: ID("eve"), Sequence: 2, Birth: true},
	)
	equal(t, wanted, s.list(events.ListQuery{}), "events after older reassignments")
	require.Zero(t, s.fold(100))
	s.reassign(events.Reassignment{Identity: actor("machine"), DeveloperID: ID("cy"), Sequence: 9, Birth: true})
	require.Len(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("cy")}}}), 1)
}

func foldEnded(t *testing.T, s *subject) {
	s.crowd(60)
	s.merge(0, 60)
	before := s.glance()
	for wait := time.Millisecond; wait < 300*time.Millisecond; wait *= 9 {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		_, err := s.store.Fold(ctx, 20)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		equal(t, before, s.glance(), "answers after a fold of %s", wait)
	}
	s.fold(20)
	equal(t, before, s.glance(), "answers after folding")
}

func foldTenants(t *testing.T, s *subject) {
	other := &subject{t: t, store: s.store, org: ID("another organization")}
	for _, one := range []*subject{s, other} {
		one.crowd(6)
	}
	apart := other.glance()
	s.merge(0, 6)
	require.Equal(t, 6, s.fold(4))
	equal(t, apart, other.glance(), "answers of the other organization")
	late := other.event("late", by(person(1), "developer 1"), at(noon.AddDate(0, 0, 20)))
	other.append(late)
	require.Equal(t, ID("developer 1"), other.list(events.ListQuery{Limit: 1})[0].DeveloperID)
}
