package wire_test

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
)

var (
	acme = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")
	noon = time.Date(2026, 5, 1, 12, 0, 0, 123_456_000, time.UTC)
)

// town is a directory that knows half of its people by heart, and refuses some.
type town struct{}

func (town) person(i events.Identity) people.Person {
	if strings.HasPrefix(i.Value, "refused") {
		return people.Person{Refused: events.ErrIdentityInvalid.With("%q is nobody", i.Value)}
	}
	canonical := events.Identity{Kind: i.Kind, Value: strings.ToLower(i.Value)}
	return people.Person{DeveloperID: uuid.NewSHA1(acme, []byte(canonical.Value)), Identity: canonical}
}

// Known implements ingest.Directory.
func (t town) Known(_ uuid.UUID, kind events.IdentityKind, value []byte) (people.Person, bool) {
	p := t.person(events.Identity{Kind: kind, Value: string(value)})
	return p, p.Refused == nil && len(value)%2 == 0
}

// Resolve implements ingest.Directory.
func (t town) Resolve(_ context.Context, _ uuid.UUID, hints []people.Hint) (map[events.Identity]people.Person, error) {
	found := make(map[events.Identity]people.Person)
	for _, h := range hints {
		found[h.Identity] = t.person(h.Identity)
	}
	return found, nil
}

// tape is a log in memory, whose frames can be looked at.
type tape struct {
	queue.Queue // what is not called

	mu     sync.Mutex
	frames []queue.Record
	taken  int // by frame
	done   queue.Position
}

// Append implements queue.Queue.
func (q *tape) Append(_ context.Context, _ uint32, entries []queue.Entry) (queue.Pending, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := queue.Position(len(q.frames) + 1)
	for _, e := range entries {
		q.frames = append(q.frames, queue.Record{Frame: append([]byte(nil), e.Frame...), Position: queue.Position(len(q.frames) + 1)})
	}
	return written(first), nil
}

// written is an append that is durable.
type written queue.Position

func (w written) First() queue.Position { return queue.Position(w) }
func (w written) Wait() error           { return nil }

// Read implements queue.Queue.
func (q *tape) Read(_ context.Context, after, upTo queue.Position, _ int, _ []byte) ([]queue.Record, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]queue.Record(nil), q.frames[after:upTo]...), nil
}

// Commit implements queue.Queue.
func (q *tape) Commit(_ context.Context, upTo queue.Position) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done = upTo
	return nil
}

// Last implements queue.Queue.
func (q *tape) Last() queue.Position {
	q.mu.Lock()
	defer q.mu.Unlock()
	return queue.Position(len(q.frames))
}

// Committed implements queue.Queue.
func (q *tape) Committed() queue.Position {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.done
}

// Await implements queue.Queue.
func (*tape) Await(context.Context) error { return nil }

// Ready implements queue.Queue.
func (*tape) Ready() error { return nil }

// Cuts implements queue.Queue.
func (*tape) Cuts(context.Context) ([]queue.Cut, error) { return nil, nil }

// SetCuts implements queue.Queue.
func (*tape) Confirm(context.Context) error { return nil }

func (*tape) SetCuts(context.Context, []queue.Cut) error { return nil }

// Forget implements queue.Queue.
func (*tape) Forget(context.Context, uint32) error { return nil }

// Remembered implements queue.Queue.
func (*tape) Remembered(context.Context, uint32) iter.Seq2[queue.Memory, error] {
	return func(func(queue.Memory, error) bool) {}
}

// Stats implements queue.Queue.
func (*tape) Stats() queue.Stats { return queue.Stats{} }

// next returns the frames that were not looked at.
func (q *tape) next() []queue.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	some := q.frames[q.taken:]
	q.taken = len(q.frames)
	return some
}

// start runs an intake on a tape.
func start(tb testing.TB, limits ingest.Limits) (*ingest.Intake, *tape) {
	tb.Helper()
	q := new(tape)
	store := memory.New(time.Now)
	in := ingest.New(store, town{}, slog.New(slog.DiscardHandler), func() time.Time { return noon },
		ingest.WithLog(ingest.Log{Blocks: store, Horizon: 24 * time.Hour, Queue: q}), ingest.WithLimits(limits))
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		require.NoError(tb, <-ended)
	})
	return in, q
}
