package jetstream

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// slow returns an instance that has the log and reads what is there, until read is called: its owner was killed, and left frames.
func slow(t *testing.T, o Options) (two *Log, read func()) {
	t.Helper()
	one := openLog(t, o)
	require.NoError(t, one.Await(t.Context()))
	require.NoError(t, appendFrame(t, one, "waits", uuid.New()))
	o.Instance = "two"
	two = openLog(t, o)
	require.Eventually(t, func() bool { return two.elsewhereNow() == "one" }, soon, time.Millisecond)
	two.memory.sending.Lock()
	read = sync.OnceFunc(two.memory.sending.Unlock)
	t.Cleanup(read) // before it is closed
	one.kill()
	require.Eventually(t, func() bool { return owner(two) == two.writer }, soon, time.Millisecond)
	return two, read
}

// owner is who has the log, as this instance left the record.
func owner(l *Log) uuid.UUID {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.record.Writer
}

// beats is how often this instance changed the record.
func beats(l *Log) uint64 {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.record.Beat
}

// To read what waits may take longer than a lease. Nobody takes the log from an instance that is at it: else, of three, none would ever end reading.
func TestAnInstanceThatReadsKeepsTheLog(t *testing.T) {
	o := logOptions(t, startBroker(t))
	o.Lease = 2 * time.Second
	two, read := slow(t, o)
	o.Instance = "three"
	three := openLog(t, o)
	require.Eventually(t, func() bool { return three.elsewhereNow() == "two" }, soon, time.Millisecond)
	const leases = 2
	began := beats(two)
	require.Eventually(t, func() bool { return beats(two) >= began+3*leases }, soon, time.Millisecond)
	require.Equal(t, "two", three.elsewhereNow())
	require.ErrorIs(t, two.Ready(), queue.ErrUnavailable, "it does not take events in yet")
	read()
	require.NoError(t, two.Await(t.Context()))
	frames, _ := contents(t, two)
	require.Equal(t, []string{"waits"}, frames)
	require.NoError(t, appendFrame(t, two, "goes on", uuid.New()))
}

// An instance that loses the log while it reads has not begun: it waits for its turn again.
func TestAnInstanceThatLosesTheLogWhileItReads(t *testing.T) {
	o := logOptions(t, startBroker(t))
	o.Lease = time.Second
	two, read := slow(t, o)
	o.Instance = "two" // another process of this name, which need not wait
	other := openLog(t, o)
	require.NoError(t, other.Await(t.Context()))
	require.NoError(t, appendFrame(t, other, "b", uuid.New()))
	require.NoError(t, other.Close()) // nobody has the log then, and two believes that it has
	read()
	require.NoError(t, two.Await(t.Context()))
	frames, _ := contents(t, two)
	require.Equal(t, []string{"waits", "b"}, frames)
}

// A claim that fails is tried again for as long as it takes, and leaves nothing in memory.
func TestAClaimThatFailsLeavesNothing(t *testing.T) {
	o := logOptions(t, startBroker(t))
	one := openLog(t, o)
	require.NoError(t, one.Await(t.Context()))
	for range 10 {
		require.NoError(t, appendFrame(t, one, "a", uuid.New()))
	}
	_, err := one.js.Publish(t.Context(), one.frames(), encodePiece(kindPiece, uuid.New(), 0, 1, []byte("no append")))
	require.NoError(t, err)
	one.kill()
	var tries tally
	o.Logger = slog.New(slog.NewTextHandler(&tries, nil))
	two := openLog(t, o)
	require.Eventually(t, func() bool { return tries.Load() >= 3 }, soon, time.Millisecond)
	require.LessOrEqual(t, two.memory.waits(), 10*(idsHeader+len(uuid.UUID{})))
}

// tally counts claims that failed.
type tally struct{ atomic.Int64 }

func (n *tally) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "cannot be taken over yet") {
		n.Add(1)
	}
	return len(line), nil
}

// waits is how many bytes of ids are not sent.
func (m *memory) waits() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, full := range m.full {
		n += len(full.data)
	}
	return n + len(m.open.data)
}

// Ids are sent in messages that the broker takes, however many a request had.
func TestIdsFitIntoTheBrokersMessages(t *testing.T) {
	b := &broker{t: t, options: brokerOptions(t)}
	b.options.MaxPayload = 64 << 10
	b.start()
	t.Cleanup(b.stop)
	o := logOptions(t, b)
	l := openLog(t, o)
	require.NoError(t, l.Await(t.Context()))
	ids := make([]uuid.UUID, 5000)
	for i := range ids {
		ids[i] = uuid.New()
	}
	for range 3 {
		p, err := l.Append(t.Context(), 1, []queue.Entry{{Frame: []byte("f"), IDs: ids, Received: time.UnixMicro(1).UTC()}})
		require.NoError(t, err)
		require.NoError(t, p.Wait())
	}
	require.NoError(t, l.Commit(t.Context(), l.Last()))
	_, known := contents(t, l)
	require.Len(t, known, len(ids))
}

// A stream that ends before what the record says was committed, or cut into blocks, was lost or is another. Positions would be given again: nothing is taken
// in, since nobody would store it.
func TestAStreamThatIsShorterThanTheRecordIsNotTakenOver(t *testing.T) {
	for name, know := range map[string]func(*testing.T, *Log){
		"committed": func(t *testing.T, l *Log) { t.Helper(); require.NoError(t, l.Commit(t.Context(), l.Last())) },
		"cut": func(t *testing.T, l *Log) {
			t.Helper()
			require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{Number: 1, To: queue.AllEvents, UpTo: l.Last()}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := logOptions(t, startBroker(t))
			one := openLog(t, o)
			require.NoError(t, one.Await(t.Context()))
			for range 3 {
				require.NoError(t, appendFrame(t, one, "a", uuid.New()))
			}
			know(t, one)
			require.NoError(t, one.js.DeleteStream(t.Context(), o.Stream))
			require.NoError(t, one.Close())
			var said lines
			o.Logger = slog.New(slog.NewTextHandler(&said, nil))
			two := openLog(t, o)
			require.Eventually(t, func() bool { return said.count("the brokers lost what they had acknowledged") > 1 }, soon, time.Millisecond)
			require.ErrorIs(t, two.Ready(), queue.ErrUnavailable)
			o.Stream = "OTHER"
			three := openLog(t, o)
			require.NoError(t, three.Await(t.Context()))
		})
	}
}
