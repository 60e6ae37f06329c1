package events_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/events"
)

// happened is the time of an event as it is kept.
func happened(t *testing.T, c events.Clock, occurred, received time.Time) time.Time {
	t.Helper()
	e := events.Event{ID: uuid.New(), Name: "x", Source: events.Source{Kind: events.SourceSDK}}
	e.OccurredAt, _ = c.When(occurred, received)
	kept, err := e.Canonical(received)
	require.NoError(t, err)
	return kept.OccurredAt
}

func TestTheTimeOfAnEvent(t *testing.T) {
	received := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	occurred := received.Add(-time.Hour)
	ahead, behind := received.Add(10*time.Second), received.Add(-10*time.Second)
	for _, c := range []struct {
		name     string
		clock    events.Clock
		occurred time.Time
		want     time.Time
		rule     events.TimeRule
	}{
		{"as sent", events.Clock{}, occurred, occurred, events.TimeAsSent},
		{"in another zone", events.Clock{}, occurred.In(time.FixedZone("", 4*3600)), occurred, events.TimeAsSent},
		{"the clock is ahead", events.Clock{SentAt: ahead}, occurred, occurred.Add(-10 * time.Second), events.TimeCorrected},
		{"the clock is behind", events.Clock{SentAt: behind}, occurred, occurred.Add(10 * time.Second), events.TimeCorrected},
		{"the clock is right", events.Clock{Exact: true, SentAt: ahead}, occurred, occurred, events.TimeAsSent},
		{"no time", events.Clock{SentAt: ahead}, time.Time{}, received, events.TimeOfArrival},
		{"an age", events.Clock{Aged: true, Age: 150 * time.Millisecond, SentAt: ahead}, occurred, received.Add(-150 * time.Millisecond), events.TimeByAge},
		{"no age at all", events.Clock{Aged: true}, occurred, received, events.TimeByAge},
		{"a day ahead", events.Clock{}, received.Add(23*time.Hour + time.Second), received, events.TimeAsSent},
		{"almost a day ahead", events.Clock{}, received.Add(23 * time.Hour), received.Add(23 * time.Hour), events.TimeAsSent},
		{"a day ahead once it is corrected", events.Clock{SentAt: received.Add(-24 * time.Hour)}, received, received, events.TimeCorrected},
		{"a clock that begins in 1601", events.Clock{SentAt: time.Date(1601, 1, 1, 0, 1, 0, 0, time.UTC)}, time.Date(1601, 1, 1, 0, 0, 20, 0, time.UTC), received.Add(-40 * time.Second), events.TimeCorrected},
		{"a clock at its end", events.Clock{SentAt: time.Date(9999, 12, 31, 0, 1, 0, 0, time.UTC)}, time.Date(9999, 12, 31, 0, 0, 20, 0, time.UTC), received.Add(-40 * time.Second), events.TimeCorrected},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, rule := c.clock.When(c.occurred, received)
			require.Equal(t, c.rule, rule)
			require.Equal(t, c.want, happened(t, c.clock, c.occurred, received))
		})
	}
}

func TestTheTimesOfTheScenarios(t *testing.T) {
	raw, err := os.ReadFile(corpus.Path(t, "scenarios.json"))
	require.NoError(t, err)
	var scenarios []struct {
		ID, Kind string
		Query    json.RawMessage
		Expected json.RawMessage
	}
	require.NoError(t, json.Unmarshal(raw, &scenarios))
	ran := 0
	for _, s := range scenarios {
		if s.Kind != "ingest_timestamp" {
			continue
		}
		ran++
		t.Run(s.ID, func(t *testing.T) {
			var q struct {
				Now          time.Time
				Timestamp    time.Time
				SentAt       time.Time `json:"sent_at"`
				OffsetMS     *int64    `json:"offset_ms"`
				IgnoreSentAt bool      `json:"ignore_sent_at"`
			}
			var want struct{ Timestamp time.Time }
			require.NoError(t, json.Unmarshal(s.Query, &q))
			require.NoError(t, json.Unmarshal(s.Expected, &want))
			clock := events.Clock{Exact: q.IgnoreSentAt, SentAt: q.SentAt}
			if q.OffsetMS != nil {
				clock.Aged, clock.Age = true, time.Duration(*q.OffsetMS)*time.Millisecond
			}
			require.True(t, want.Timestamp.Equal(happened(t, clock, q.Timestamp, q.Now)))
		})
	}
	require.Positive(t, ran)
}
