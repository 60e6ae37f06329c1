package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/pause"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// How many clients there are, each with a connection of its own.
const (
	callers   = 4 // send one batch after the other
	streamers = 3 // send without waiting
)

// batch is events with ascending numbers, of one organization, that are sent together.
type batch struct {
	world       world
	first, size int
	ack         eventsv1.AckLevel
}

func (b batch) events() []*eventsv1.Event {
	list := make([]*eventsv1.Event, b.size)
	for i := range list {
		list[i] = b.world.sample(b.first + i).toProto()
	}
	return list
}

func (b batch) organization() string { return b.world.sample(b.first).organization.String() }

// crowd is clients that send each event until it is acknowledged, and a third of those that were acknowledged again, as if they had not heard it.
type crowd struct {
	rate       int
	conns      []*grpc.ClientConn
	record     record
	ending     atomic.Bool
	done       atomic.Int64 // events that were acknowledged, each once
	repeated   atomic.Int64 // events that were sent again although they were acknowledged
	refused    atomic.Int64 // batches that the service told to come again
	unanswered atomic.Int64 // batches that are sent until they are acknowledged
	pulse      pulse
	seed       uint64
	busy       sync.WaitGroup
	idle       chan struct{} // closed when all clients have ended
}

func newCrowd(cfg Config, w world, address, key string) (*crowd, error) {
	c := &crowd{record: record{world: w}, idle: make(chan struct{}), pulse: pulse{last: cfg.Now(), log: cfg.Log, now: cfg.Now}, rate: cfg.Rate, seed: cfg.Seed}
	for range callers + streamers {
		conn, err := dial.New(address, dial.Options{Token: key})
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

func (c *crowd) close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// work starts the clients.
func (c *crowd) work(ctx context.Context, group *errgroup.Group) {
	for i, conn := range c.conns {
		c.busy.Add(1)
		group.Go(func() error {
			defer c.busy.Done()
			client := client{
				crowd: c, chance: rand.New(rand.NewPCG(c.seed, uint64(i)+100)), //nolint:gosec // chance that can be repeated
				service: eventsv1.NewIngestServiceClient(conn),
			}
			if i < callers {
				return client.call(ctx)
			}
			return client.stream(ctx)
		})
	}
	group.Go(func() error {
		c.busy.Wait()
		close(c.idle)
		return nil
	})
}

// end has the clients send what they began until it is acknowledged, and nothing more.
func (c *crowd) end() { c.ending.Store(true) }

// progress waits until so many more events are acknowledged.
func (c *crowd) progress(ctx context.Context, events int) error {
	goal := c.done.Load() + int64(events)
	if until(ctx, patience, func() bool { return c.done.Load() >= goal }) {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("only %d of %d events were acknowledged within %s", c.done.Load()+int64(events)-goal, events, patience)
}

// pace is how often it is looked whether something has happened.
const pace = 5 * time.Millisecond

// settle waits until everything that was acknowledged is in the database: what comes last is stored last.
func (c *crowd) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := client{crowd: c, chance: rand.New(rand.NewPCG(c.seed, 3)), service: eventsv1.NewIngestServiceClient(c.conns[0])} //nolint:gosec // chance that can be repeated
	for range len(organizations) {
		b := client.next()
		b.ack = eventsv1.AckLevel_ACK_LEVEL_STORED
		for {
			acked, err := client.capture(ctx, b, patience)
			if err != nil {
				return err
			}
			if acked {
				break
			}
			if pause.For(ctx, 100*time.Millisecond) != nil {
				return fmt.Errorf("the database does not get what is acknowledged: %w", context.Cause(ctx))
			}
		}
		c.skip()
	}
	return nil
}

// skip leaves out numbers up to those of the next organization.
func (c *crowd) skip() {
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	c.record.next += organizationSpan - c.record.next%organizationSpan
}

// client is one of the crowd.
type client struct {
	crowd   *crowd
	chance  *rand.Rand
	service eventsv1.IngestServiceClient
}

// next is a batch of new events.
func (c *client) next() batch {
	b := c.crowd.record.take(1 + c.chance.IntN(300))
	b.ack = eventsv1.AckLevel_ACK_LEVEL_DURABLE
	if c.chance.IntN(4) == 0 {
		b.ack = eventsv1.AckLevel_ACK_LEVEL_STORED
	}
	return b
}

// breathe waits as long as a batch may take by the crowd's rate.
func (c *client) breathe(ctx context.Context, b batch) bool {
	share := time.Duration(b.size) * time.Second * (callers + streamers) / time.Duration(c.crowd.rate)
	return pause.For(ctx, share/2+time.Duration(c.chance.Int64N(int64(share)+1))) == nil
}

// judge reads the answer to a batch; true means that all of it is acknowledged. An error means that an event was rejected, which none deserves.
func (c *client) judge(b batch, results []*eventsv1.CaptureResult) (acked bool, err error) {
	if len(results) != b.size {
		return false, fmt.Errorf("a batch of %d events was answered with %d results", b.size, len(results))
	}
	for i, r := range results {
		switch r.GetStatus() {
		case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE:
		case eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY:
			c.crowd.refused.Add(1)
			return false, nil
		default:
			return false, fmt.Errorf("event %d was answered %s: %s %s", b.first+i, r.GetStatus(), r.GetReason(), r.GetMessage())
		}
	}
	c.crowd.done.Add(int64(c.crowd.record.ack(b)))
	if b.ack == eventsv1.AckLevel_ACK_LEVEL_STORED {
		c.crowd.pulse.beat()
	}
	return true, nil
}
