package jetstream

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	natsjetstream "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// soon is how long something may take that needs some messages, or a lease to run out.
const soon = 20 * time.Second

func openLog(t *testing.T, o Options) *Log {
	t.Helper()
	l, err := Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// appendFrame appends a frame with an id and returns what became of it.
func appendFrame(t *testing.T, l *Log, frame string, id uuid.UUID) error {
	t.Helper()
	p, err := l.Append(context.WithoutCancel(t.Context()), 1, []queue.Entry{{Frame: []byte(frame), IDs: []uuid.UUID{id}, Received: time.UnixMicro(1).UTC()}})
	if err != nil {
		return err
	}
	return p.Wait()
}

// contents is all frames and ids of a log.
func contents(t *testing.T, l *Log) (frames []string, ids map[uuid.UUID]bool) {
	t.Helper()
	for after := l.Committed(); after < l.Last(); {
		records, err := l.Read(t.Context(), after, l.Last(), 1<<20, nil)
		require.NoError(t, err)
		require.NotEmpty(t, records)
		for _, r := range records {
			frames, after = append(frames, string(r.Frame)), r.Position
		}
	}
	ids = map[uuid.UUID]bool{}
	for m, err := range l.Remembered(t.Context(), 0) {
		require.NoError(t, err)
		for _, id := range m.IDs {
			ids[id] = true
		}
	}
	return frames, ids
}

// The instance that waits takes nothing in, says who does, and goes on where the other ended: at once when it was closed, after a lease when it died.
func TestAnotherInstanceGoesOn(t *testing.T) {
	for name, end := range map[string]func(*Log){"closed": func(l *Log) { _ = l.Close() }, "killed": (*Log).kill} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t)
			o := logOptions(t, b)
			one := openLog(t, o)
			require.NoError(t, one.Await(t.Context()))
			o.Instance = "two"
			two := openLog(t, o)
			require.Eventually(t, func() bool { return two.Ready() != nil && two.elsewhereNow() == "one" }, soon, time.Millisecond)
			require.ErrorIs(t, two.Ready(), queue.ErrElsewhere)
			require.ErrorContains(t, two.Ready(), `"one"`)
			require.ErrorIs(t, appendFrame(t, two, "no", uuid.New()), queue.ErrElsewhere)

			var known []uuid.UUID
			for n := range 5 {
				known = append(known, uuid.New())
				require.NoError(t, appendFrame(t, one, strconv.Itoa(n), known[n]))
			}
			first, err := one.Read(t.Context(), 0, one.Last(), 1, nil)
			require.NoError(t, err)
			require.NoError(t, one.Commit(t.Context(), first[0].Position))
			cuts := []queue.Cut{{Number: 9, To: queue.AllEvents, UpTo: one.Last()}}
			require.NoError(t, one.SetCuts(t.Context(), cuts))
			end(one)

			require.NoError(t, two.Await(t.Context()))
			require.Equal(t, first[0].Position, two.Committed())
			frames, ids := contents(t, two)
			require.Equal(t, []string{"1", "2", "3", "4"}, frames)
			for _, id := range known {
				require.True(t, ids[id])
			}
			kept, err := two.Cuts(t.Context())
			require.NoError(t, err)
			require.Equal(t, cuts, kept)
			require.NoError(t, appendFrame(t, two, "5", uuid.New()))
		})
	}
}

// elsewhereNow is who has the log, as this instance knows it.
func (l *Log) elsewhereNow() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.elsewhere
}

// An owner that was stopped for a while and believes that it has the log changes nothing any more, and ends.
func TestAnOwnerOfYesterdayIsRefused(t *testing.T) {
	for name, act := range map[string]func(t *testing.T, l *Log) error{
		"append":  func(t *testing.T, l *Log) error { t.Helper(); return appendFrame(t, l, "stale", uuid.New()) },
		"commit":  func(t *testing.T, l *Log) error { t.Helper(); return l.Commit(t.Context(), l.Last()) },
		"confirm": func(t *testing.T, l *Log) error { t.Helper(); return l.Confirm(t.Context()) },
		"cut":     func(t *testing.T, l *Log) error { t.Helper(); return l.SetCuts(t.Context(), nil) },
		"renewal": func(t *testing.T, l *Log) error { t.Helper(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t)
			o := logOptions(t, b)
			var told atomic.Value
			stale := o
			stale.Fatal = func(sentence string) { told.Store(sentence) }
			if name != "renewal" {
				stale.Lease = time.Hour // it does not look by itself
			}
			old := openLog(t, stale)
			require.NoError(t, old.Await(t.Context()))
			require.NoError(t, appendFrame(t, old, "a", uuid.New()))

			fresh := openLog(t, o) // of the same name: the next life of the instance, as far as it knows
			require.NoError(t, fresh.Await(t.Context()))
			if err := act(t, old); name != "renewal" {
				require.ErrorIs(t, err, queue.ErrClosed)
			}
			require.Eventually(t, func() bool { return told.Load() != nil }, soon, time.Millisecond)
			require.Contains(t, told.Load(), "took over")
			require.ErrorIs(t, old.Ready(), queue.ErrClosed)
			require.NoError(t, appendFrame(t, fresh, "b", uuid.New()))
			frames, _ := contents(t, fresh)
			require.Equal(t, []string{"a", "b"}, frames)
		})
	}
}

// While the broker is away nothing is taken; what was on its way when it went is there once, and once it is back everything goes on.
func TestABrokerThatComesBack(t *testing.T) {
	b := startBroker(t)
	l := openLog(t, logOptions(t, b))
	require.NoError(t, l.Await(t.Context()))
	var acked []string
	results := make(chan []string)
	stop := make(chan struct{})
	go func() {
		var kept []string
		defer func() { results <- kept }()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if appendFrame(t, l, strconv.Itoa(n), uuid.New()) == nil {
				kept = append(kept, strconv.Itoa(n))
			}
		}
	}()
	for range 3 {
		before := l.Last()
		require.Eventually(t, func() bool { return l.Last() > before }, soon, time.Millisecond)
		b.stop()
		require.Eventually(t, func() bool { return l.Ready() != nil }, soon, time.Millisecond)
		require.ErrorIs(t, l.Ready(), queue.ErrUnavailable)
		b.start()
		require.Eventually(t, func() bool { return l.Ready() == nil }, soon, time.Millisecond)
	}
	close(stop)
	acked = <-results
	frames, ids := contents(t, l)
	require.Equal(t, acked, frames, "each is there once; what the broker got was acknowledged in the end")
	require.Len(t, ids, len(frames))
}

// A stream that lost what it had acknowledged is not written any more.
func TestAStreamThatWasCutOffIsNotTrusted(t *testing.T) {
	b := startBroker(t)
	o := logOptions(t, b)
	var told atomic.Value
	o.Fatal = func(sentence string) { told.Store(sentence) }
	o.Lease = time.Hour
	l := openLog(t, o)
	require.NoError(t, l.Await(t.Context()))
	for range 3 {
		require.NoError(t, appendFrame(t, l, "a", uuid.New()))
	}
	require.NoError(t, l.js.DeleteStream(t.Context(), o.Stream))
	_, err := l.js.CreateStream(t.Context(), natsjetstream.StreamConfig{Name: o.Stream, Subjects: []string{l.frames()}})
	require.NoError(t, err)
	require.ErrorIs(t, appendFrame(t, l, "b", uuid.New()), queue.ErrClosed)
	require.Eventually(t, func() bool { return told.Load() != nil }, soon, time.Millisecond)
	require.Contains(t, told.Load(), "was acknowledged")
}

// An append that the broker does not answer is given up when the time for a stop is over, and the log is closed soon after, however patient it is before.
func TestAStopDoesNotWaitForTheBroker(t *testing.T) {
	for name, silence := range map[string]func(*broker){"connected": func(*broker) {}, "gone": (*broker).stop} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t)
			over := make(chan struct{})
			o := logOptions(t, b)
			o.Over, o.patience = over, time.Hour
			l := openLog(t, o)
			require.NoError(t, l.Await(t.Context()))
			require.NoError(t, appendFrame(t, l, "kept", uuid.New()))
			require.NoError(t, b.DisableJetStream())
			answer := make(chan error, 1)
			go func() { answer <- appendFrame(t, l, "on its way", uuid.New()) }()
			require.Eventually(t, func() bool { return l.Stats().Frames == 2 }, soon, time.Millisecond)
			silence(b)
			close(over)
			require.ErrorIs(t, <-answer, queue.ErrClosed)
			closed := make(chan error, 1)
			go func() { closed <- l.Close() }()
			select {
			case err := <-closed:
				require.NoError(t, err)
			case <-time.After(time.Minute):
				t.Fatal("it is patient though the time is over")
			}
		})
	}
}

// An instance that waits for its turn is closed while another has the log.
func TestAnInstanceThatWaitsIsClosed(t *testing.T) {
	b := startBroker(t)
	o := logOptions(t, b)
	one := openLog(t, o)
	require.NoError(t, one.Await(t.Context()))
	o.Instance = "two"
	two := openLog(t, o)
	require.Eventually(t, func() bool { return two.elsewhereNow() == "one" }, soon, time.Millisecond)
	closed := make(chan error, 1)
	go func() { closed <- two.Close() }()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(soon):
		t.Error("it is not closed")
		require.NoError(t, one.Close())
	}
}
