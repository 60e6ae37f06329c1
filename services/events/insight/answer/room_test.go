package answer_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/memory"
)

// many is a store of actors of one event each, of which 400 more have the value 0 and 200 more the value 1.
type many struct {
	*memory.Store
	actors, values int
	start          time.Time
	held           uint64 // bytes that a walk left at its end, at most
}

func (s *many) Sequences(_ context.Context, _ uuid.UUID, _ insight.SequenceQuery, yield func(insight.Sequence) error) error {
	before := heap()
	for actor := range s.actors {
		value := actor % s.values
		if actor < 600 {
			value = actor / 400
		}
		row := insight.Row{At: s.start.Add(time.Duration(actor%100) * time.Hour), Matches: 1, Values: []insight.Part{{Text: strconv.Itoa(value)}}}
		if err := yield(insight.Sequence{Actor: fmt.Sprintf("%06d", actor), Rows: []insight.Row{row}}); err != nil {
			return err
		}
	}
	if after := heap(); after > before {
		s.held = max(s.held, after-before)
	}
	return nil
}

func (s *many) TrendTotals(_ context.Context, _ uuid.UUID, q insight.TrendsQuery, limit int) ([][]insight.KeyTotal, error) {
	totals := make([][]insight.KeyTotal, len(q.Series))
	for i := range totals {
		for v := range s.values {
			if limit == 0 || v < limit {
				totals[i] = append(totals[i], insight.KeyTotal{Key: insight.NewKey(insight.Part{Text: strconv.Itoa(v)}), Total: 1})
			}
		}
	}
	return totals, nil
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func over(t *testing.T, s *many) *answer.Engine {
	t.Helper()
	s.Store, s.start = memory.New(time.Now), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return answer.New(s, func() time.Time { return s.start.AddDate(1, 0, 0) })
}

var byValue = &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"p"}, Limit: 2}

// byHour is a funnel with as many buckets as an answer may nearly have.
func byHour(s *many) insight.FunnelRequest {
	end := s.start.Add(9999 * time.Hour)
	return insight.FunnelRequest{
		Period: insight.Period{Start: &s.start, End: &end, Interval: events.Hour}, Steps: []insight.Matcher{opened, opened}, View: insight.FunnelTrends, Breakdown: byValue,
	}
}

func TestFunnelsByTimeHoldNoBucketsOfValuesThatAreNotShown(t *testing.T) { // not parallel: it looks at the heap
	s := &many{actors: 4000, values: 2003}
	e := over(t, s)
	got, err := e.Funnel(t.Context(), org, byHour(s))
	require.NoError(t, err)
	require.Less(t, s.held, uint64(40<<20), "bytes")
	require.Len(t, got.Rows, 3)
	require.Equal(t, "0", got.Rows[0].Key.Parts[0].Text)
	require.Equal(t, insight.OtherKey, got.Rows[2].Key.Kind)
	entered := map[int]int64{}
	for _, row := range got.Rows {
		require.Len(t, row.Periods, len(got.Buckets))
		for b, p := range row.Periods {
			entered[b] += p.Entered
		}
	}
	for b := range got.Buckets {
		require.Equal(t, map[bool]int64{true: 40}[b < 100], entered[b], "bucket %d", b)
	}
	other, err := e.FunnelActors(t.Context(), org, byHour(s), insight.FunnelCell{Key: &insight.Other, Standing: insight.Entered}, insight.ActorPage{Limit: 100})
	require.NoError(t, err)
	require.Len(t, other, int(got.Rows[2].Periods[0].Entered))
}

func TestBreakdownsOfTooManyValuesAreRefused(t *testing.T) {
	t.Parallel()
	s := &many{actors: 210_000, values: 1 << 40}
	e := over(t, s)
	for _, attribution := range []insight.Attribution{insight.FirstTouch, insight.AtStep, insight.AllSteps} {
		_, err := e.Funnel(t.Context(), org, insight.FunnelRequest{Steps: []insight.Matcher{opened}, Breakdown: byValue, Attribution: attribution})
		require.ErrorIs(t, err, events.ErrQuestionTooLarge, "attribution %d", attribution)
	}
	s.values = 210_000
	series := insight.Series{Matcher: opened, Math: insight.UniqueActors}
	r := insight.TrendsRequest{Series: []insight.Series{series, series}, Formula: "A/B", Breakdown: byValue, Period: insight.Period{From: "-1d"}}
	_, err := e.Trends(t.Context(), org, r)
	require.ErrorIs(t, err, events.ErrQuestionTooLarge)
	s.values = 199_000
	_, err = e.Trends(t.Context(), org, r)
	require.NoError(t, err)
}
