package clickhouse

import (
	"context"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// settleAttempts is how often a partition of a block is tried before the database is said to be out of order.
const settleAttempts = 3

// part is a block's share of one partition.
type part struct {
	block uint64
	year  uint16
}

// settle makes every block whole: events whose packages are missing get them, made again from the events themselves.
// It costs nothing while nothing failed. Readers call it too, so no answer shows half a block.
//
// First the inserts whose end nobody saw are ended, so that what is read back is all there will be. Then the two tables are compared
// by block and partition: a partition's share is published as a whole. The same token as before keeps an insert that lands late from counting
// twice; a server that was killed may remember a token without its rows, so it gets a new one, which the number of its life makes.
func (s *Store) settle(ctx context.Context) error {
	if !s.unsettled.Load() {
		return nil
	}
	if err := s.inserting.alone(ctx); err != nil {
		return err
	}
	defer s.inserting.open()
	if !s.unsettled.Load() || s.closed.Load() {
		return nil
	}
	before := s.doubts.Load()
	killing := noted(ctx, "settle", clickhouse.WithParameters(clickhouse.Parameters{"prefix": escape.Replace(s.prefix)}))
	if err := s.conn.Exec(killing, "KILL QUERY WHERE startsWith(query_id, {prefix:String}) SYNC"); err != nil {
		return translate(ctx, err)
	}
	if s.trusting { // comparing is reading back
		s.trust(before)
		return nil
	}
	life, err := s.life(ctx)
	if err != nil {
		return err
	}
	for attempt := 0; attempt < settleAttempts; attempt++ {
		missing, err := s.missing(ctx)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			s.trust(before)
			return nil
		}
		for _, m := range missing {
			err := s.complete(ctx, m, life, attempt)
			if code(err) == codeCancelled { // by another instance that settles: it may complete the same, under the token of the same attempt
				attempt--
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return events.ErrStoreUnavailable.With("the packages of some events cannot be completed: compare events.package_rows with event_packages by block_id")
}

// Doubt has what is there by half looked for again before anything else is done: another process may have left it, which wrote until now. It does not wait, so
// that it may be called while the server is away.
func (s *Store) Doubt() {
	s.doubts.Add(1)
	s.unsettled.Store(true)
}

// trust ends what settle began after so many doubts. Who joins the inserts sees one that came since; the gate is closed meanwhile.
func (s *Store) trust(before uint64) {
	s.unsettled.Store(false)
	if s.doubts.Load() != before {
		s.unsettled.Store(true)
	}
}

// missing returns the parts of blocks whose packages are not all there.
func (s *Store) missing(ctx context.Context) ([]part, error) {
	var parts []part
	err := s.query(ctx, "unsettled", shape{}, params{}, func(rows driver.Rows) error {
		var p part
		err := rows.Scan(&p.block, &p.year)
		parts = append(parts, p)
		return err
	})
	return parts, err
}

// complete inserts the missing rows of one part.
func (s *Store) complete(ctx context.Context, m part, life uint64, attempt int) error {
	p := params{}
	p["block"] = formatUint(m.block)
	p["year"] = formatUint(uint64(m.year))
	b := block{id: m.block, life: life}
	var of []owned
	err := s.query(ctx, "unsettled_rows", shape{}, p, func(rows driver.Rows) error {
		var e owned
		var actorKind, sourceKind uint8
		err := rows.Scan(&e.organization, &e.ID, &e.OccurredAt, &actorKind, &e.Actor.Value, &e.DeveloperID, &sourceKind,
			&e.Source.Tool, &e.Source.Machine, &e.Project, &e.Packages)
		e.Actor.Kind, e.Source.Kind = events.IdentityKind(actorKind), events.SourceKind(sourceKind)
		of = append(of, e)
		return err
	})
	if err != nil {
		return err
	}
	st := s.stamping()
	for _, e := range of {
		if err := st.want(ctx, e.organization, uint8(e.Actor.Kind), e.Actor.Value); err != nil {
			return err
		}
	}
	found, err := st.find(ctx)
	if err != nil {
		return err
	}
	for i := range of {
		e := &of[i]
		e.DeveloperID = found.of(e.organization, uint8(e.Actor.Kind), e.Actor.Value, e.DeveloperID)
	}
	return s.insertPackages(ctx, b, of, attempt)
}

// join enters and joins the inserts under way. An insert that has failed since we entered is settled first: ids are looked up and blocks read back when it is
// known what it left.
func (s *Store) join(ctx context.Context) error {
	for {
		if err := s.enter(ctx); err != nil {
			return err
		}
		if err := s.inserting.join(ctx); err != nil {
			return err
		}
		if !s.unsettled.Load() && !s.closed.Load() {
			return nil
		}
		s.inserting.leave()
	}
}

// joinClaiming joins the inserts under way and claims ids until leave is called. Whoever has ids has a place at the gate: one who waits for ids keeps those out who
// want to be alone, and they everybody who comes after them. What failed while it waited may have left some of the ids, so that is settled before they are looked up.
func (s *Store) joinClaiming(ctx context.Context, ids map[uuid.UUID][]uuid.UUID) (leave func(), err error) {
	for {
		if err := s.join(ctx); err != nil {
			return nil, err
		}
		release, err := s.claims.take(ctx, ids)
		if err != nil {
			s.inserting.leave()
			return nil, err
		}
		leave = func() {
			release()
			s.inserting.leave()
		}
		if !s.unsettled.Load() {
			return leave, nil
		}
		leave()
	}
}

// settling is a call of settle that nobody has to wait for.
type settling struct {
	mu      sync.Mutex
	running *settled // nil while there is none
}

// wait returns when it has ended; once the store is closed none begins.
func (s *settling) wait() {
	s.mu.Lock()
	run := s.running
	s.mu.Unlock()
	if run != nil {
		<-run.done
	}
}

// settled is what became of it.
type settled struct {
	done chan struct{}
	err  error // set before done is closed
}

// settleBeside is settle for who may have less time than that takes: it goes on when the caller has left, and the next caller meets it again.
func (s *Store) settleBeside(ctx context.Context) error {
	if !s.unsettled.Load() {
		return nil
	}
	s.settling.mu.Lock()
	run := s.settling.running
	if run == nil && s.closed.Load() {
		s.settling.mu.Unlock()
		return events.ErrStoreClosed
	}
	if run == nil {
		run = &settled{done: make(chan struct{})}
		s.settling.running = run
		go func() { // Close waits for it
			long, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*insertTimeout)
			defer cancel()
			run.err = s.settle(long)
			s.settling.mu.Lock()
			s.settling.running = nil
			s.settling.mu.Unlock()
			close(run.done)
		}()
	}
	s.settling.mu.Unlock()
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
