package ingest_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
)

func TestWhatIsAcknowledgedOutlivesTheProcessAndTheDatabase(t *testing.T) {
	f := setup(t).start()
	f.store.away.Store(true)
	a, b := draft("a"), draft("b")
	require.Equal(t, []ingest.Status{ingest.Stored, ingest.Stored}, f.take(ingest.AckDurable, a, b))
	_, heard := f.heard.Load(a.Event.ID)
	require.True(t, heard, "before the acknowledgement")
	require.Empty(t, f.stored(acme))
	f.stop() // the store is away: what is left waits for the next start

	f.start()
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDurable, a), "the log remembers")
	f.store.away.Store(false)
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDatabase, b), "and is drained")
	found := f.stored(acme)
	require.Len(t, found, 2)
	require.Equal(t, `{"a":2,"b":1}`, found[a.Event.ID].Properties)
	require.Equal(t, uuid.NewSHA1(acme, []byte("ada@example.org")), found[a.Event.ID].DeveloperID)
}

func TestMetrics(t *testing.T) {
	f := setup(t).start()
	f.store.away.Store(true)
	a := draft("a")
	f.take(ingest.AckDurable, a, a)
	require.NoError(t, testutil.CollectAndCompare(f.Intake, strings.NewReader(`
# HELP devtrail_events_acked_total Events answered by what became of them (stored, duplicate, rejected, retry).
# TYPE devtrail_events_acked_total counter
devtrail_events_acked_total{status="duplicate"} 1
devtrail_events_acked_total{status="stored"} 1
# HELP devtrail_events_queue_frames Requests whose accepted events wait for the database.
# TYPE devtrail_events_queue_frames gauge
devtrail_events_queue_frames 1
`), "devtrail_events_acked_total", "devtrail_events_queue_frames"))
	f.store.away.Store(false)
}

func TestAStopEmptiesTheLog(t *testing.T) {
	f := setup(t).start()
	d := draft("a")
	f.take(ingest.AckDurable, d)
	f.stop()
	require.Contains(t, f.stored(acme), d.Event.ID)
	f.start()
	require.Zero(t, f.queue.Stats())
}

func TestDuplicatesAreTold(t *testing.T) {
	f := setup(t).start()
	a, b := draft("a"), draft("b")
	require.Equal(t, []ingest.Status{ingest.Stored, ingest.Duplicate}, f.take(ingest.AckDurable, a, a))
	require.Equal(t, []ingest.Status{ingest.Duplicate, ingest.Stored}, f.take(ingest.AckDatabase, a, b))
	results, err := f.Take(t.Context(), ingest.Request{Ack: ingest.AckDatabase, Drafts: []ingest.Draft{a}, Organization: other})
	require.NoError(t, err)
	require.Equal(t, ingest.Stored, results[0].Status, "another organization's id")
	require.Len(t, f.stored(acme), 2)
	require.Len(t, f.stored(other), 1)
}

func TestTheStoreKnowsWhatTheLogHasForgotten(t *testing.T) {
	f := setup(t)
	f.log.Horizon = 0
	f.start()
	a := draft("a")
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, a))
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDurable, a), "nobody has looked yet")
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDatabase, a))
	require.Len(t, f.stored(acme), 1)
}

func TestWhatTheStoreRefusesIsADeadLetterAndSinksNothing(t *testing.T) {
	f := setup(t).start()
	drafts := []ingest.Draft{draft("a"), draft("b"), draft("poison"), draft("c"), draft("poison")}
	require.Equal(t, []ingest.Status{ingest.Stored, ingest.Stored, ingest.Rejected, ingest.Stored, ingest.Rejected}, f.take(ingest.AckDatabase, drafts...))
	require.Len(t, f.stored(acme), 3)
	letters, err := f.store.ListDeadLetters(t.Context(), acme, nil, 10)
	require.NoError(t, err)
	require.Len(t, letters, 2)
	for _, l := range letters {
		require.Equal(t, errPoison.Reason(), l.Reason)
		e, err := queue.DecodeEvent(l.Payload)
		require.NoError(t, err)
		require.Equal(t, "poison", e.Name)
		require.Equal(t, l.ID, e.ID)
		require.Equal(t, l.ReceivedAt, e.ReceivedAt)
	}
}

// TestABlockThatIsTooLargeIsHalved has a store that takes ten events in its time.
func TestABlockThatIsTooLargeIsHalved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.store.refuse = func(b *queue.Block) error {
		if b.Len() > 10 {
			return fault.New(fault.Timeout, "SLOW", "it took too long")
		}
		return nil
	}
	f.start()
	drafts := make([]ingest.Draft, 50)
	for i := range drafts {
		drafts[i] = draft("a")
	}
	require.NotContains(t, f.take(ingest.AckDatabase, drafts...), ingest.Rejected)
	require.Len(t, f.stored(acme), 50)
}

// TestAnErrorAfterAnOutageIsTriedAgain has an error that nobody has named once, when the store comes back.
func TestAnErrorAfterAnOutageIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	calls := 0
	f.store.refuse = func(*queue.Block) error {
		switch calls++; {
		case calls <= 3:
			return events.ErrStoreUnavailable
		case calls == 4:
			return errors.New("something else")
		}
		return nil
	}
	f.start()
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, draft("a")))
	require.Len(t, f.stored(acme), 1)
}

func TestAFullLogRefusesAndComesBack(t *testing.T) {
	f := setup(t)
	f.bytes = 4 << 10
	f.start()
	f.store.away.Store(true)
	var refused error
	var kept []uuid.UUID
	for range 100 {
		d := draft("a")
		results, err := f.Take(t.Context(), ingest.Request{Drafts: []ingest.Draft{d}, Organization: acme})
		if refused = err; err != nil {
			break
		}
		require.Equal(t, ingest.Stored, results[0].Status)
		kept = append(kept, d.Event.ID)
	}
	require.ErrorIs(t, refused, queue.ErrFull)
	var told *fault.Fault
	require.ErrorAs(t, refused, &told)
	require.Equal(t, fault.Exhausted, told.Kind())
	require.Positive(t, told.Retry())

	f.store.away.Store(false)
	again := draft("again")
	require.Eventually(t, func() bool {
		results, err := f.Take(t.Context(), ingest.Request{Ack: ingest.AckDatabase, Drafts: []ingest.Draft{again}, Organization: acme})
		return err == nil && results[0].Status == ingest.Stored
	}, 20*time.Second, 20*time.Millisecond, "what could not be kept is not remembered as known")
	for _, id := range kept {
		require.Contains(t, f.stored(acme), id)
	}
}

func TestQuotas(t *testing.T) {
	var later atomic.Int64 // the drain looks at the clock too
	f := setup(t)
	f.now = func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(later.Load())) }
	f.start(ingest.WithRates(ingest.Rates{Key: ingest.Rate{Burst: 2, PerSecond: 1}, Organization: ingest.Rate{Burst: 3, PerSecond: 1}}))
	send := func(organization uuid.UUID, key string, n int) time.Duration {
		drafts := make([]ingest.Draft, n)
		for i := range drafts {
			drafts[i] = draft("a")
		}
		_, err := f.Take(t.Context(), ingest.Request{Drafts: drafts, Key: key, Organization: organization})
		if err == nil {
			return 0
		}
		require.ErrorIs(t, err, ingest.ErrQuota)
		told, _ := errors.AsType[*fault.Fault](err)
		return told.Retry()
	}
	require.Zero(t, send(acme, "1", 2))
	require.Equal(t, time.Second, send(acme, "1", 1), "the key has none left")
	require.Zero(t, send(acme, "2", 1))
	require.Equal(t, time.Second, send(acme, "2", 1), "the organization has none left")
	require.Zero(t, send(other, "1", 2), "another organization has its own")
	later.Store(int64(3 * time.Second))
	require.Zero(t, send(acme, "1", 5), "more than a burst passes once the bucket is full")
	require.Equal(t, 5*time.Second, send(acme, "1", 2), "and is paid for")
}

func TestLimits(t *testing.T) {
	f := setup(t).start(ingest.WithLimits(ingest.Limits{EventBytes: 200, NameLength: 10, PropertyDepth: 2}))
	deep, long, large := draft("a"), draft("a name of more"), draft("a")
	deep.Event.Properties = `{"a": [{"b": "}"}]}`
	large.Event.Properties = `{"a": "` + string(make([]byte, 200)) + `"}`
	shallow := draft("a")
	shallow.Event.Properties = `{"a": ["[[[\"{"]}`
	results, err := f.Capture(t.Context(), acme, []ingest.Draft{deep, long, large, shallow})
	require.NoError(t, err)
	require.ErrorIs(t, results[0].Err, events.ErrPropertiesInvalid)
	require.ErrorIs(t, results[1].Err, events.ErrTextTooLong)
	require.ErrorIs(t, results[2].Err, events.ErrEventTooLarge)
	require.Equal(t, ingest.Stored, results[3].Status)
}

// TestARequestThatTheLogCouldNotReadIsRefused sends more than a frame may hold. What is acknowledged must be stored; a frame that is too large would be buried.
func TestARequestThatTheLogCouldNotReadIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.bytes = 1 << 30
	f.start()
	large := `{"a":"` + strings.Repeat("x", 1<<20-1000) + `"}`
	drafts := make([]ingest.Draft, queue.MaxFrameBytes>>20+1)
	for i := range drafts {
		drafts[i] = draft("a")
		drafts[i].Event.Properties = large
	}
	_, err := f.Take(t.Context(), ingest.Request{Ack: ingest.AckDurable, Drafts: drafts, Key: "key", Organization: acme})
	require.ErrorIs(t, err, events.ErrRequestTooLarge)
	require.NotContains(t, f.take(ingest.AckDatabase, drafts[:60]...), ingest.Duplicate)
	require.Len(t, f.stored(acme), 60)
}

func TestADamagedFrameIsBuriedAndHoldsNothingUp(t *testing.T) {
	f := setup(t).start()
	f.store.away.Store(true)
	f.stop()
	f.open()
	p, err := f.queue.Append(t.Context(), 0, []queue.Entry{{Frame: []byte("not a frame"), Organization: acme, Received: time.Now()}})
	require.NoError(t, err)
	require.NoError(t, p.Wait())
	require.NoError(t, f.queue.Close())

	f.store.away.Store(false)
	f.start()
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, draft("a")))
	letters, err := f.store.ListDeadLetters(t.Context(), uuid.Nil, nil, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, queue.ErrCorrupt.Reason(), letters[0].Reason)
	require.Equal(t, []byte("not a frame"), letters[0].Payload)
}
