package ingest_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/seglog"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var (
	acme  = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")
	other = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")
)

// everybody is a directory in which each identity is a developer of the same name.
type everybody struct{}

func (everybody) Resolve(_ context.Context, organization uuid.UUID, hints []people.Hint) (map[events.Identity]people.Person, error) {
	found := make(map[events.Identity]people.Person)
	for _, h := range hints {
		found[h.Identity] = people.Person{DeveloperID: uuid.NewSHA1(organization, []byte(h.Identity.Value)), Identity: h.Identity}
	}
	return found, nil
}

// Known has everybody asked for.
func (everybody) Known(uuid.UUID, events.IdentityKind, []byte) (people.Person, bool) {
	return people.Person{}, false
}

// moody is a memory store that can be away, and that takes no event of the name "poison".
type moody struct {
	*memory.Store
	away    atomic.Bool
	appends atomic.Int64
	blocks  sync.Map                 // number -> the block, as it was sent last
	refuse  func(*queue.Block) error // nil when it refuses none
}

var errPoison = events.ErrTextInvalid.With("the database does not like it")

// Append fails before it stores anything.
func (s *moody) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	s.appends.Add(1)
	if s.away.Load() {
		return nil, events.ErrStoreUnavailable
	}
	for _, e := range batch {
		if e.Name == "poison" {
			return nil, errPoison
		}
	}
	return s.Store.Append(ctx, organization, batch)
}

// StoreBlock fails before it stores anything.
func (s *moody) StoreBlock(ctx context.Context, b *queue.Block) ([]int, error) {
	s.appends.Add(1)
	s.blocks.Store(b.Number, b)
	if s.away.Load() {
		return nil, events.ErrStoreUnavailable
	}
	if s.refuse != nil {
		if err := s.refuse(b); err != nil {
			return nil, err
		}
	}
	for _, row := range b.Rows() {
		if row.Name == "poison" {
			return nil, errPoison
		}
	}
	return s.Store.StoreBlock(ctx, b)
}

// Ready is that of the database.
func (s *moody) Ready(ctx context.Context) error {
	if s.away.Load() {
		return events.ErrStoreUnavailable
	}
	return s.Store.Ready(ctx)
}

// fixture is an intake with a log on a store that outlives it.
type fixture struct {
	t     *testing.T
	dir   string
	store *moody
	bytes int64
	now   func() time.Time
	log   ingest.Log // without its queue
	// around stands between the intake and its log; nil: nothing does.
	around func(queue.Queue) queue.Queue
	// batches says that the store takes no blocks.
	batches bool

	*ingest.Intake
	queue *seglog.Log
	heard sync.Map // id -> true
	stop  func()
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		t: t, dir: filepath.Join(t.TempDir(), "log"), store: &moody{Store: memory.New(time.Now)}, bytes: 1 << 20, now: time.Now,
		log: ingest.Log{Horizon: 24 * time.Hour},
	}
	t.Cleanup(func() {
		if f.stop != nil {
			f.stop()
		}
	})
	return f
}

// Listens has every organization heard.
func (f *fixture) Listens(uuid.UUID) bool { return true }

// Publish notes what it hears.
func (f *fixture) Publish(_ uuid.UUID, list []events.Event) {
	for _, e := range list {
		f.heard.Store(e.ID, true)
	}
}

// open opens the log.
func (f *fixture) open() {
	f.t.Helper()
	var err error
	f.queue, err = seglog.Open(seglog.Options{
		Bytes: f.bytes, Dir: f.dir, Logger: slog.New(slog.DiscardHandler), Fatal: func(s string) { f.t.Errorf("fatal: %s", s) },
	})
	require.NoError(f.t, err)
}

// start opens the log and runs an intake on it.
func (f *fixture) start(options ...ingest.Option) *fixture {
	f.t.Helper()
	f.open()
	log := f.log
	log.Queue = f.queue
	if f.around != nil {
		log.Queue = f.around(f.queue)
	}
	if !f.batches {
		log.Blocks = f.store
	}
	f.Intake = ingest.New(f.store, everybody{}, slog.New(slog.DiscardHandler), f.now, append([]ingest.Option{
		ingest.WithLog(log),
		ingest.WithListener(f),
	}, options...)...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	f.stop = func() {
		f.stop = nil
		cancel()
		require.NoError(f.t, <-done)
		require.NoError(f.t, f.queue.Close())
	}
	return f
}

// draft is a good one.
func draft(name string) ingest.Draft {
	return ingest.Draft{Event: events.Event{
		Actor: events.Identity{Kind: 1, Value: "ada@example.org"}, ID: uuid.New(), Name: name, OccurredAt: time.Now().Add(-time.Minute),
		Properties: `{"b": 1, "a": 2}`, Source: events.Source{Kind: events.SourceGit},
	}}
}

// take sends drafts of an organization and returns what became of them.
func (f *fixture) take(ack ingest.Ack, drafts ...ingest.Draft) []ingest.Status {
	f.t.Helper()
	results, err := f.Take(f.t.Context(), ingest.Request{Ack: ack, Drafts: drafts, Key: "key", Organization: acme})
	require.NoError(f.t, err)
	statuses := make([]ingest.Status, len(results))
	for i, r := range results {
		statuses[i] = r.Status
	}
	return statuses
}

// stored is the ids in the store.
func (f *fixture) stored(organization uuid.UUID) map[uuid.UUID]events.Event {
	f.t.Helper()
	list, err := f.store.List(context.WithoutCancel(f.t.Context()), organization, events.ListQuery{Limit: 1 << 20, Range: events.AllTime})
	require.NoError(f.t, err)
	found := make(map[uuid.UUID]events.Event)
	for _, e := range list {
		found[e.ID] = e
	}
	return found
}

var _ queue.Queue = (*seglog.Log)(nil)
