package ingest

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// drain hands the log to the store in blocks, several at once, and commits a position only when the store has everything up to it. The bounds of a block are
// kept before it is sent, so that after a crash the same events go under the same number again.
//
// The loop of run owns what is not behind a mutex; a goroutine for each block under way stores it and gives it back.
type drain struct {
	queue  queue.Queue
	store  events.Store
	blocks queue.BlockStore
	always bool // look up all ids: the store has other writers
	// forgetful says that the index has no horizon; inherited, that something waited in the log at the start.
	forgetful, inherited bool
	horizon              time.Duration
	logger               *slog.Logger
	now                  func() time.Time

	mu          sync.Mutex
	goal        queue.Position // everything up to it is durable
	uncutEvents int            // events up to it that are in no block, as far as this life has seen them come
	done        queue.Position // everything up to it is in the store
	waiters     map[queue.Position][]*submission
	shelf       shelf

	wake      chan struct{} // holds a token when something changed
	finishing chan struct{} // closed when nothing more will be durable
	ended     chan struct{} // closed when the drain has ended

	cutTo   queue.Position // everything up to it is in a block
	since   time.Time      // when the oldest of what is in no block was seen; zero when there is none
	busy    int            // blocks that are being stored
	crest   int            // the most events that were on their way at once lately
	leaving bool           // finishing was seen
	pause   time.Duration
	owed    time.Time // when what is stored is committed, if that failed; zero when it did not
	working sync.WaitGroup
	results chan *stage
	rooms   [][]byte // for frames of blocks; see room

	lineMu sync.Mutex
	line   []*stage  // blocks that are cut and not committed, in their order
	mark   queue.Cut // see queue.Mark
	marked bool
	far    far

	numberMu sync.Mutex
	number   uint64 // of the last cut; before the first of this life the loop's alone

	failures atomic.Int64
	refusals atomic.Int64
	stored   struct{ blocks, events, lookedUp atomic.Int64 }
}

// The pause after a failure doubles from the first to the longest; jitter keeps instances apart.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

func newDrain(l Log) *drain {
	return &drain{
		queue: l.Queue, blocks: l.Blocks, always: l.LookUpAlways, forgetful: l.Horizon == 0, horizon: l.Horizon, waiters: make(map[queue.Position][]*submission), pause: firstPause, results: make(chan *stage, inserters),
		wake: make(chan struct{}, 1), finishing: make(chan struct{}), ended: make(chan struct{}),
	}
}

// begin says what the log holds at the start: all of it is durable.
func (d *drain) begin(committed, last queue.Position) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done, d.goal, d.cutTo, d.inherited = committed, last, committed, last > committed
}

// follow says that an append is durable.
func (d *drain) follow(f flight) {
	d.mu.Lock()
	d.goal = max(d.goal, f.last)
	for _, s := range f.submissions {
		if s.fresh > 0 {
			d.uncutEvents += s.fresh
			d.shelf.put(s)
		}
	}
	d.mu.Unlock()
	d.poke()
}

// finish says that no more will follow.
func (d *drain) finish() { close(d.finishing) }

func (d *drain) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// expect has a submission told when the store has everything up to a position, with what became of its own frame.
func (d *drain) expect(s *submission, last queue.Position) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.gone {
		return
	}
	s.until = s.position
	if s.fresh < len(s.verdicts) {
		s.until = last
	}
	d.hold(s, s.position)
}

// hold keeps a submission until the store has everything up to a position, or answers it. The drain must be locked.
func (d *drain) hold(s *submission, at queue.Position) {
	if at <= d.done {
		if s.until <= d.done {
			s.stored <- s.verdicts
			return
		}
		at = s.until
	}
	s.held = at
	d.waiters[at] = append(d.waiters[at], s)
}

// abandon forgets a submission whose sender waits no longer: the database may be away for long, and senders come again and again meanwhile.
func (d *drain) abandon(s *submission) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.gone = true
	left := slices.DeleteFunc(d.waiters[s.held], func(other *submission) bool { return other == s })
	if len(left) == 0 {
		delete(d.waiters, s.held)
		return
	}
	d.waiters[s.held] = left
}

// advance tells those who wait for what is in the store now.
func (d *drain) advance(st *stage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = max(d.done, st.upTo)
	for at, list := range d.waiters {
		if at > d.done {
			continue
		}
		delete(d.waiters, at)
		for _, s := range list {
			s.verdicts = st.answer(s)
			d.hold(s, at)
		}
	}
}
