package clickhouse

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// block is what one append inserts: rows of events, then the rows of event_packages that follow from them.
type block struct {
	organization uuid.UUID
	id           uint64 // ascending with time; unique
	life         uint64 // of the server, see server_lives
}

// Append looks up which ids are there and inserts the others as one block.
//
// A block is two inserts. Dying between them leaves events without their packages; whoever comes next, reader or writer, settles that first.
func (s *Store) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	outcomes := make([]events.Outcome, len(batch))
	first := make(map[uuid.UUID]int, len(batch))
	ids := make([]uuid.UUID, 0, len(batch))
	for i, e := range batch {
		outcomes[i] = events.Duplicate
		if _, again := first[e.ID]; !again {
			first[e.ID] = i
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return outcomes, nil
	}
	leave, err := s.joinClaiming(ctx, map[uuid.UUID][]uuid.UUID{organization: ids})
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.forget(ctx, organization, ids, first); err != nil {
		return nil, err
	}
	fresh := make([]events.Event, 0, len(first))
	for i, e := range batch {
		if at, there := first[e.ID]; there && at == i {
			fresh = append(fresh, e)
			outcomes[i] = events.Stored
		}
	}
	if len(fresh) == 0 {
		return outcomes, nil
	}
	st := s.stamping()
	for _, e := range fresh {
		if err := st.want(ctx, organization, uint8(e.Actor.Kind), e.Actor.Value); err != nil {
			return nil, err
		}
	}
	of, err := st.find(ctx)
	if err != nil {
		return nil, err
	}
	for i := range fresh {
		fresh[i].DeveloperID = of.of(organization, uint8(fresh[i].Actor.Kind), fresh[i].Actor.Value, fresh[i].DeveloperID)
	}
	life, err := s.life(ctx)
	if err != nil {
		return nil, err
	}
	b := block{organization: organization, id: uint64(s.now().UnixMicro())<<12 | rand.Uint64N(1<<12), life: life}
	if err := s.insert(ctx, b, fresh); err != nil {
		s.unsettled.Store(true)
		return nil, err
	}
	return outcomes, nil
}

// forget removes the ids that are stored already.
func (s *Store) forget(ctx context.Context, organization uuid.UUID, ids []uuid.UUID, first map[uuid.UUID]int) error {
	return s.stored(ctx, organization, ids, 0, func(id uuid.UUID) { delete(first, id) })
}

func (s *Store) insert(ctx context.Context, b block, fresh []events.Event) error {
	if err := s.insertEvents(ctx, b, fresh); err != nil {
		return err
	}
	if err := s.between(); err != nil {
		return err
	}
	of := make([]owned, len(fresh))
	for i, e := range fresh {
		of[i] = owned{Event: e, organization: b.organization}
	}
	return s.insertPackages(ctx, b, of, 0)
}

// owned is an event with its organization.
type owned struct {
	events.Event
	organization uuid.UUID
}

func (s *Store) insertEvents(ctx context.Context, b block, fresh []events.Event) error {
	token := fmt.Sprintf("e/%d/%d", b.id, b.life)
	promoted, err := s.fillings(ctx, map[uuid.UUID]bool{b.organization: true})
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, token, token)
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO events ("+eventColumns+promoted.columns()+")")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for _, e := range fresh {
		if err := appendEvent(batch, b, e, len(e.PackageRows()), promoted); err != nil {
			return err
		}
	}
	return translate(ctx, batch.Send())
}

// insertPackages inserts the rows that follow from a block's events. Within one life of the server the token of an attempt stands for these rows:
// an attempt that was thought lost and lands after all changes nothing.
func (s *Store) insertPackages(ctx context.Context, b block, of []owned, attempt int) error {
	some := false
	for _, e := range of {
		some = some || len(e.Packages) > 0
	}
	if !some {
		return nil
	}
	token := tokenOf("p", b.id, b.life, attempt)
	ctx = s.isolated(ctx, token+"/"+uuid.NewString(), token)
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO event_packages ("+packageColumns+")")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	for _, e := range of {
		if err := appendPackages(batch, b, e); err != nil {
			return err
		}
	}
	return translate(ctx, batch.Send())
}

// life returns the number of the server's present life and gives it one when it is new.
func (s *Store) life(ctx context.Context) (uint64, error) {
	s.lives.Lock()
	defer s.lives.Unlock()
	for {
		var life uint64
		if err := s.conn.QueryRow(noted(ctx, "life"), "SELECT min(life) FROM server_lives").Scan(&life); err != nil {
			return 0, translate(ctx, err)
		}
		if life != 0 {
			return life, nil
		}
		err := s.conn.Exec(s.isolated(ctx, "", ""), fmt.Sprintf("INSERT INTO server_lives (life) VALUES (%d)", rand.Uint64()|1))
		if err != nil {
			return 0, translate(ctx, err)
		}
	}
}
