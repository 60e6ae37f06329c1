package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"devtrail.dev/kit/pause"
)

// Kind is something that happens to machines.
type Kind string

// The kinds of faults.
const (
	KillService   Kind = "kill -9 of events"
	TearTail      Kind = "torn log tail"
	StallService  Kind = "stall of events"
	FullDisk      Kind = "disk of the log full"
	PowerService  Kind = "loss of power of events"
	CutClients    Kind = "connections of clients cut"
	KillDatabase  Kind = "kill -9 of the database"
	KillInsert    Kind = "kill -9 of the database in mid-insert"
	PowerDatabase Kind = "loss of power of the database"
	PowerMerged   Kind = "loss of power of the database after a merge"
	KillSession   Kind = "kill -9 of a database session"
	StallDatabase Kind = "stall of the database"
	CutDatabase   Kind = "connections to the database cut"
	LoseAnswers   Kind = "answers of the database lost"
	TokenAlone    Kind = "a token without its part"
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{
		KillService, TearTail, StallService, FullDisk, PowerService, CutClients,
		KillDatabase, KillInsert, PowerDatabase, PowerMerged, KillSession, StallDatabase, CutDatabase, LoseAnswers, TokenAlone,
	}
}

// kindsOf are those that can happen with a store.
func kindsOf(store string) []Kind {
	without := []Kind{KillSession} // ClickHouse has none
	if store == Postgres {
		without = []Kind{TokenAlone, PowerMerged} // Postgres has transactions, and no parts
	}
	return slices.DeleteFunc(Kinds(), func(k Kind) bool { return slices.Contains(without, k) })
}

// target is the process that a fault happens to.
func (k Kind) target() string {
	if slices.Index(Kinds(), k) <= slices.Index(Kinds(), CutClients) {
		return "events"
	}
	return "database"
}

// happen lets a fault happen and returns when it is over: the processes run again, though not all that they have to mend is mended.
func (s *stage) happen(ctx context.Context, k Kind, chance *rand.Rand) error {
	if k.target() == "events" {
		s.service.mu.Lock()
		defer s.service.mu.Unlock()
	} else {
		s.engine.mu.Lock()
		defer s.engine.mu.Unlock()
	}
	_ = pause.For(ctx, time.Duration(chance.IntN(20))*time.Millisecond)
	away := time.Duration(chance.IntN(300)) * time.Millisecond
	switch k {
	case KillService:
		s.service.kill()
		_ = pause.For(ctx, away)
		return s.service.start(ctx)
	case TearTail:
		s.service.kill()
		hurt, err := tear(s.queue(), s.notes(), chance)
		if err != nil {
			return fmt.Errorf("tear the log: %w", err)
		}
		s.tails++
		s.torn += hurt
		return s.service.start(ctx)
	case StallService:
		return s.service.stop(ctx, s.stall(&s.serviceStalled))
	case FullDisk:
		return s.fillDisk(ctx)
	case PowerService:
		return s.powerService(ctx, away)
	case CutClients:
		s.door.cut()
		return nil
	case KillDatabase:
		return s.engine.kill(ctx, away, nil)
	case KillInsert:
		return s.killInsert(ctx, chance)
	case PowerDatabase:
		return s.powerDatabase(ctx, away, nil)
	case PowerMerged:
		obsolete, err := s.merge(ctx)
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
		return s.powerDatabase(ctx, away, obsolete)
	case KillSession:
		return s.engine.killSession(chance)
	case StallDatabase:
		return s.engine.stop(ctx, s.stall(&s.databaseStalled))
	case CutDatabase:
		s.back.cut()
		return nil
	case LoseAnswers:
		s.back.hold(false)
		_ = pause.For(ctx, time.Duration(chance.IntN(1000))*time.Millisecond)
		s.back.cut()
		s.back.resume()
		return nil
	case TokenAlone:
		return s.tokenAlone(ctx)
	}
	return fmt.Errorf("unknown fault %q", k)
}

// stall is how long the next stall of a process lasts.
func (s *stage) stall(before *bool) time.Duration {
	if !*before {
		*before = true
		return s.cfg.LongStall
	}
	return s.cfg.Stall
}

// killInsert kills the database within milliseconds after a block was sent to it.
func (s *stage) killInsert(ctx context.Context, chance *rand.Rand) error {
	if err := s.awaitInsert(ctx, s.back.catch()); err != nil {
		return err
	}
	s.back.release()
	_ = pause.For(ctx, time.Duration(chance.IntN(15_000))*time.Microsecond)
	return s.engine.kill(ctx, 0, nil)
}

// awaitInsert waits until the relay has caught an insert.
func (s *stage) awaitInsert(ctx context.Context, caught <-chan struct{}) error {
	late, cancel := context.WithTimeoutCause(ctx, patience, errors.New("nothing is inserted although events are acknowledged"))
	defer cancel()
	select {
	case <-caught:
		return nil
	case <-late.Done():
		s.back.release()
		return context.Cause(late)
	}
}

// fillDisk fills the disk of the log until the service has refused something or ended, which it may
// when a write fails, and frees it.
func (s *stage) fillDisk(ctx context.Context) error {
	s.service.asked.Store(true)
	if err := s.disk.fill(); err != nil {
		return fmt.Errorf("fill the disk of the log: %w", err)
	}
	refused := s.refused()
	until(ctx, 20*time.Second, func() bool { return s.refused() > refused || !s.service.runs() })
	if err := s.disk.free(); err != nil {
		return fmt.Errorf("free the disk of the log: %w", err)
	}
	s.service.asked.Store(false)
	if s.service.runs() {
		return nil
	}
	return s.service.start(ctx)
}
