// Package jetstream keeps the log of accepted events in a NATS JetStream stream, for installations of several machines: what is acknowledged is on the
// disks of several brokers, and any instance of the service can go on where another ended. It is an implementation of internal/queue, beside pebblelog.
//
// One instance at a time has the log: it alone appends, drains and commits. Which one says a state record in a key-value bucket that is changed by
// compare-and-set only; an owner that renews it no more loses it to the next. Every append names the sequence that it follows, and a new owner begins
// with a message of its own, so the broker itself refuses what an owner of yesterday still sends (docs/adr/0014-shared-log.md).
package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/services/events/internal/queue"
)

var _ queue.Queue = (*Log)(nil)

// Options are what a log may be told.
type Options struct {
	URL         string // of one broker or several, separated by commas
	Credentials string // what stands in a .creds file; empty for none
	Stream      string // name; two more are derived from it
	Replicas    int    // of each stream; 0 for 1
	Bytes       int64  // of frames that wait, at most
	Instance    string // names this process to the others
	// Lease is how long an owner may be silent before another takes the log over; 0 for 10 s.
	Lease  time.Duration
	Logger *slog.Logger
	// Acquired is called when this process has the log, before Ready or Await say so: another may have died while it stored a block. Nil: nobody is told.
	Acquired func()
	// Over is closed when nobody may wait for the broker any longer, since the time for a stop is over; nil: never.
	Over <-chan struct{}
	// Fatal is told when another process took the log over, or the broker lost what it had acknowledged. Nothing can be kept any more: the process is to end.
	Fatal func(sentence string)

	patience time.Duration // of Close and of what it waits for; 0 for the usual, but in tests
}

const (
	// defaultLease is Options.Lease.
	defaultLease = 10 * time.Second
	// fullRetry is when those who were refused may come again.
	fullRetry = 2 * time.Second
	// patience is for one answer of the broker, and for appends on their way when the log is closed.
	patience = 5 * time.Second
	// lastPatience is what is left of it once Options.Over is closed: to hand the log over takes two answers.
	lastPatience = time.Second
	// firstPause and longestPause are between two tries of what the broker did not take.
	firstPause   = 20 * time.Millisecond
	longestPause = 2 * time.Second
)

// Log is a queue.Queue on a broker.
type Log struct {
	options Options
	nc      *nats.Conn
	js      jetstream.JetStream
	writer  uuid.UUID // this process's ownership
	state   state
	memory  memory

	owned   chan struct{} // closed when this process has the log
	stop    context.CancelFunc
	working sync.WaitGroup
	wake    chan struct{} // holds a token when something is to be sent
	idle    chan struct{} // closed when Close was called and nothing is on its way
	calls   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	lost      error // why the log is not ours any more
	elsewhere string
	next      uint64 // sequence of the next message
	last      queue.Position
	committed queue.Position
	waiting   queue.Backlog
	outgoing  []message // not yet taken by the sender
	pending   int       // appends without an answer
}

// Open begins to connect and to wait for this process's turn; Close ends that, not the context. The error is for wrong options: a broker that is away is met later.
func Open(ctx context.Context, o Options) (*Log, error) {
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.patience == 0 {
		o.patience = patience
	}
	o.Replicas = max(o.Replicas, 1)
	nc, err := o.connect(ctx)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(patience), jetstream.WithDefaultTimeout(patience))
	if err != nil {
		nc.Close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &Log{
		options: o, nc: nc, js: js, writer: uuid.New(), stop: stop,
		owned: make(chan struct{}), wake: make(chan struct{}, 1), idle: make(chan struct{}),
	}
	l.state = state{log: l}
	l.memory = memory{log: l}
	l.working.Go(func() { l.lead(ctx) })
	l.working.Go(func() { // what is on its way then is answered: nobody knows whether it is kept
		select {
		case <-o.Over:
			stop()
		case <-ctx.Done():
		}
	})
	return l, nil
}

// Await waits for this process's turn.
func (l *Log) Await(ctx context.Context) error {
	select {
	case <-l.owned:
		return nil
	case <-l.idle:
		return queue.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Ready says whether appends are taken.
func (l *Log) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready()
}

// ready is Ready of a locked log.
func (l *Log) ready() error {
	if l.closed {
		return queue.ErrClosed
	}
	if l.lost != nil {
		return l.lost
	}
	if !l.nc.IsConnected() {
		return queue.ErrUnavailable
	}
	select {
	case <-l.owned:
		return nil
	default:
	}
	if l.elsewhere != "" {
		return queue.ErrElsewhere.With("the instance %q takes events in", l.elsewhere)
	}
	return queue.ErrUnavailable.With("the log of accepted events is being read")
}

// Last returns the highest position ever given.
func (l *Log) Last() queue.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Committed returns the highest position that was committed.
func (l *Log) Committed() queue.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed
}

// Stats says what waits.
func (l *Log) Stats() queue.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.Stats()
}

// enter lets a call in while the log is open; Close waits for leave.
func (l *Log) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, queue.ErrClosed
	}
	if l.lost != nil {
		return nil, l.lost
	}
	l.calls.Add(1)
	return l.calls.Done, nil
}

// lose gives the log up.
func (l *Log) lose(sentence string) {
	l.mu.Lock()
	first := l.lost == nil && !l.closed
	if l.lost == nil {
		l.lost = queue.ErrClosed.With("%s", sentence)
	}
	l.mu.Unlock()
	if first {
		l.options.Fatal(sentence)
	}
}

// asFault tells a broker that is away from other failures.
func asFault(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return queue.ErrUnavailable.Wrap(err)
}
