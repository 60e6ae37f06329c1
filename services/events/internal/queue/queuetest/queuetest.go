// Package queuetest is the conformance suite of durable logs: every implementation of queue.Queue runs it and passes all of it. It stands beside the
// contract (internal/queue) and is used by tests only.
package queuetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// Medium is where a log is kept, for one test. Fields may be called again and again.
type Medium struct {
	// Open opens the log that is kept there, with a budget of bytes. What an earlier queue of the same medium kept is in it. The test closes it.
	Open func(t *testing.T, bytes int64) queue.Queue
	// Kill ends a queue as kill -9 of its process does: without a word.
	Kill func(t *testing.T, q queue.Queue)
	// Break makes the medium unable to keep anything until the test ends.
	Break func(t *testing.T)
}

// roomy is a budget that no test uses up.
const roomy = 64 << 20

// Run runs the suite. Each test has a medium of its own.
func Run(t *testing.T, medium func(t *testing.T) Medium) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, m Medium)
	}{
		{"frames are read in their order", order},
		{"a read is bounded", bounds},
		{"a read uses the room that it is given", room},
		{"frames that are committed are forgotten", commit},
		{"what is durable outlives a kill", kill},
		{"a request of many megabytes is one frame", large},
		{"ids are remembered with their frames", remembered},
		{"bounds of blocks are kept", cuts},
		{"a budget that is used up refuses", budget},
		{"a medium that is away acknowledges nothing", away},
		{"a closed log answers so", closed},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, medium(t)) })
	}
}

// organization is whose events the suite keeps.
var organization = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")

// received is when frame n came in.
func received(n int) time.Time { return time.UnixMicro(1_700_000_000_000_000 + int64(n)).UTC() }

func entry(n int, frame string, ids ...uuid.UUID) queue.Entry {
	return queue.Entry{Frame: []byte(frame), IDs: ids, Organization: organization, Received: received(n)}
}

// open opens a log and waits for it.
func open(t *testing.T, m Medium, bytes int64) queue.Queue {
	t.Helper()
	q := m.Open(t, bytes)
	require.NoError(t, q.Await(t.Context()))
	require.NoError(t, q.Ready())
	require.NoError(t, q.Confirm(t.Context()))
	return q
}

// write appends, waits until it is durable and returns the position of the first entry.
func write(t *testing.T, q queue.Queue, hour uint32, entries ...queue.Entry) queue.Position {
	t.Helper()
	p, err := q.Append(t.Context(), hour, entries)
	require.NoError(t, err)
	require.NoError(t, p.Wait())
	require.Equal(t, p.First()+queue.Position(len(entries)-1), q.Last(), "entries of an append follow without gaps")
	return p.First()
}

// read returns frames after a position, and the position of the last.
func read(t *testing.T, q queue.Queue, after queue.Position, bytes int) (frames []string, last queue.Position) {
	t.Helper()
	records, err := q.Read(t.Context(), after, q.Last(), bytes, nil)
	require.NoError(t, err)
	last = after
	for _, r := range records {
		require.Greater(t, r.Position, last)
		frames, last = append(frames, string(r.Frame)), r.Position
	}
	return frames, last
}

// all reads everything after a position, however many reads it takes.
func all(t *testing.T, q queue.Queue, after queue.Position) (frames []string) {
	t.Helper()
	for after < q.Last() {
		some, last := read(t, q, after, roomy)
		require.NotEmpty(t, some)
		frames, after = append(frames, some...), last
	}
	return frames
}

// ids returns what is remembered since an hour, without repetitions, in order of first appearance.
func ids(t *testing.T, q queue.Queue, since uint32) (list []uuid.UUID) {
	t.Helper()
	seen := map[uuid.UUID]bool{}
	for m, err := range q.Remembered(t.Context(), since) {
		require.NoError(t, err)
		require.GreaterOrEqual(t, m.Hour, since)
		require.Equal(t, organization, m.Organization)
		for _, id := range m.IDs {
			if !seen[id] {
				seen[id], list = true, append(list, id)
			}
		}
	}
	return list
}
