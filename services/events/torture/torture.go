// Package torture proves that an acknowledged event is neither lost nor counted twice: it runs the events service and its database as processes of
// their own, lets clients send, does to them what happens to machines, and compares what the database has with what the clients know.
// It stands around the whole path of a request, from the client's wire to the database's files. The tests of this folder run it in its short form,
// bench/torture in its long one.
package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/pause"
)

// The values of Config.Store.
const (
	ClickHouse = "clickhouse"
	Postgres   = "postgres"
)

// Config says what is tortured, and how.
type Config struct {
	Dir        string // of the run alone; everything is kept there. It must be reachable for the database's account
	Store      string // ClickHouse or Postgres
	Seed       uint64 // of events, clients and faults; the machine's own timing stays what it is
	Faults     int    // at least; some come in pairs
	Kinds      []Kind // that may come; none means all that the store knows
	Rate       int    // events a second that are sent at most; 0 means 10000
	Stall      time.Duration
	LongStall  time.Duration // the first stall of each process lasts this long: beyond every timeout; 0 means Stall
	NoDedupe   bool          // the service forgets ids and the store gives each event another one: the run must find duplicates
	NoReadBack bool          // the store believes its tokens: the run must find a loss
	NoSync     bool          // ClickHouse syncs nothing before it answers: a run with losses of power must find a loss

	NoMergeSync bool // ClickHouse syncs what it was sent and not what merges make of it: the same

	Now func() time.Time
	Log io.Writer // is told of each fault; may be nil
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = 10_000
	}
	if c.Stall == 0 {
		c.Stall = 2 * time.Second
	}
	if c.LongStall == 0 {
		c.LongStall = c.Stall
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	if len(c.Kinds) == 0 {
		c.Kinds = kindsOf(c.Store)
	}
	return c
}

// Run tortures and reports. The error says that the run could not be made, or that something ended or hung that must not; what was lost or counted
// twice is in the report. The program must have called RunIfService and engines.RunIfEngineProcess.
func Run(ctx context.Context, cfg Config) (Report, error) {
	cfg = cfg.withDefaults()
	report := Report{Config: cfg, Faults: map[Kind]int{}}
	s, err := setUp(ctx, cfg)
	if err != nil {
		return report, errors.Join(err, s.tearDown(ctx))
	}
	err = s.run(ctx, &report)
	return report, errors.Join(err, s.tearDown(ctx))
}

// run lets clients send while faults happen, waits until everything is in the database, and compares.
func (s *stage) run(ctx context.Context, report *Report) error {
	crowd, err := newCrowd(s.cfg, s.world, s.door.address(), s.key)
	if err != nil {
		return err
	}
	defer func() { _ = crowd.close() }()
	s.refused = crowd.refused.Load
	began := s.cfg.Now()
	group, working := errgroup.WithContext(ctx)
	ended := make(chan struct{})
	crowd.work(working, group)
	group.Go(func() error {
		defer close(ended)
		defer crowd.end()
		return s.misfortune(working, crowd, report)
	})
	// Clients have their last answers soon after the last fault, or something hangs.
	group.Go(func() error {
		select {
		case <-ended:
		case <-working.Done():
			return nil
		}
		late, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		select {
		case <-crowd.idle:
			return nil
		case <-working.Done():
			return nil
		case <-late.Done():
			return fmt.Errorf("%d batches are not acknowledged %s after the last fault", crowd.unanswered.Load(), patience)
		}
	})
	if err := group.Wait(); err != nil {
		return err
	}
	report.Took, report.Pause = s.cfg.Now().Sub(began), crowd.pulse.pause()
	if err := crowd.settle(ctx); err != nil {
		return err
	}
	report.Sent, report.Acked, report.Repeated = crowd.record.sent.count(), crowd.record.acked.count(), int(crowd.repeated.Load())
	report.Refused, report.Torn, report.Tails = int(crowd.refused.Load()), s.torn, s.tails
	found, err := s.census(ctx, &crowd.record, report)
	if err != nil {
		return err
	}
	return s.compare(ctx, found, report)
}

// patience is how long it may take until something is acknowledged.
const patience = 5 * time.Minute

// misfortune lets faults happen one after the other, some of them in pairs, and events through in between.
func (s *stage) misfortune(ctx context.Context, crowd *crowd, report *Report) error {
	random := rand.New(rand.NewPCG(s.cfg.Seed, 1)) //nolint:gosec // chance that can be repeated
	began := s.cfg.Now()
	var deck []Kind
	draw := func() Kind {
		if len(deck) == 0 {
			deck = append(deck, s.cfg.Kinds...)
			random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		k := deck[0]
		deck = deck[1:]
		return k
	}
	for done := 0; done < s.cfg.Faults; {
		if err := crowd.progress(ctx, 1+random.IntN(s.cfg.Rate/4)); err != nil {
			return err
		}
		kinds := []Kind{draw()}
		if second := draw(); random.IntN(4) == 0 && second.target() != kinds[0].target() {
			kinds = append(kinds, second)
		} else {
			deck = append([]Kind{second}, deck...)
		}
		group, happening := errgroup.WithContext(ctx)
		for _, k := range kinds {
			chance := rand.New(rand.NewPCG(random.Uint64(), random.Uint64())) //nolint:gosec // chance that can be repeated
			report.Faults[k]++
			done++
			_, _ = fmt.Fprintf(s.cfg.Log, "%4d %4ds %s\n", done, int(s.cfg.Now().Sub(began).Seconds()), k)
			group.Go(func() error { return s.happen(happening, k, chance) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if err := s.service.broken(); err != nil {
			return err
		}
	}
	return crowd.progress(ctx, 1)
}

// until waits until something is so, or for d.
func until(ctx context.Context, d time.Duration, so func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for !so() {
		if pause.For(ctx, pace) != nil {
			return false
		}
	}
	return true
}
