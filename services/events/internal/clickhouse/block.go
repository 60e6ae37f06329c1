package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

var _ queue.BlockStore = (*Store)(nil)

// inserters is how many blocks are inserted at once: while the server sorts and writes one, the columns of the next are made and sent.
const inserters = 2

// StoreBlock inserts a block under its token: the events, then the packages that follow from them.
//
// The token is reliable within one life of the server: an insert that was thought lost and lands late changes nothing. A server that was killed may remember
// a token and have lost its rows, since it writes the token first; so a block that may have been sent before is read back by its number before and after it
// is sent, what is missing of it is sent, and what is missing though the server took it is sent under a new token. A partition's part is there as
// a whole or not at all. An attempt that did not fail needs none of this: the server answers when the parts are there.
func (s *Store) StoreBlock(ctx context.Context, b *queue.Block) ([]int, error) {
	d := doubtsOf(b)
	leave, err := s.joinClaiming(ctx, d.asked)
	if err != nil {
		return nil, err
	}
	defer leave()
	var in *inserter
	select {
	case in = <-s.inserters:
		defer func() { s.inserters <- in }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	known, err := s.known(ctx, b, d)
	if err != nil {
		return nil, err
	}
	life, err := s.life(ctx)
	if err != nil {
		return nil, err
	}
	if s.trusting {
		life = 0
	}
	if err := s.send(ctx, in, b, known, life); err != nil {
		s.unsettled.Store(true)
		return nil, err
	}
	return known, nil
}

// send inserts what is missing of a block until all of it is there.
func (s *Store) send(ctx context.Context, in *inserter, b *queue.Block, known []int, life uint64) error {
	of, err := s.stampsOf(ctx, b)
	if err != nil {
		return err
	}
	promoted, err := s.fillingsOf(ctx, b)
	if err != nil {
		return err
	}
	doubtful := b.Again && !s.trusting
	var there map[int]counts
	for attempt := range settleAttempts {
		if doubtful {
			var err error
			if there, err = s.readBack(ctx, b); err != nil {
				return err
			}
		}
		in.fill(b, known, there, of, promoted)
		if whole, err := in.whole(there); whole || err != nil {
			return err
		}
		if err := in.insert(ctx, s, "events", in.rows.Events(), tokenOf("e", b.Number, life, attempt)); err != nil {
			return err
		}
		if err := s.between(); err != nil {
			return err
		}
		if err := in.insert(ctx, s, "event_packages", in.rows.Packages(), tokenOf("p", b.Number, life, attempt)); err != nil {
			return err
		}
		if !doubtful {
			return nil
		}
	}
	if there, err = s.readBack(ctx, b); err != nil {
		return err
	}
	if whole, err := in.whole(there); whole || err != nil {
		return err
	}
	return events.ErrStoreUnavailable.With("a block of %d events cannot be completed: the server takes its rows and does not have them, see block_id %d", b.Len(), b.Number)
}

// readBack counts a block's rows in both tables by partition.
func (s *Store) readBack(ctx context.Context, b *queue.Block) (map[int]counts, error) {
	first, last := b.Bounds()
	p := params{"block": formatUint(b.Number)}
	p.micros("start", timeOf(first))
	p.micros("end", timeOf(last))
	there := make(map[int]counts)
	err := s.query(ctx, "read_back", shape{}, p, func(rows driver.Rows) error {
		var year uint16
		var n counts
		err := rows.Scan(&year, &n.events, &n.packages)
		there[int(year)] = n
		return err
	})
	return there, err
}

// lookUpIDs is how many ids are looked up at once.
const lookUpIDs = 20_000

// doubts are the events of a block that may be known.
type doubts struct {
	places map[uuid.UUID]map[uuid.UUID]int // by organization and id, of all rows: one that may be known may stand behind one that is not
	asked  map[uuid.UUID][]uuid.UUID       // ids of rows that may be known
	again  []int                           // of these, rows whose id stands earlier in the block
}

func doubtsOf(b *queue.Block) (d doubts) {
	if !b.NeedsLookUp() {
		return d
	}
	d.places, d.asked = make(map[uuid.UUID]map[uuid.UUID]int), make(map[uuid.UUID][]uuid.UUID)
	for n, row := range b.Rows() {
		ids := d.places[row.Organization]
		if ids == nil {
			ids = make(map[uuid.UUID]int)
			d.places[row.Organization] = ids
		}
		_, again := ids[row.ID]
		switch {
		case again && row.MayBeKnown:
			d.again = append(d.again, n)
			continue
		case row.MayBeKnown:
			d.asked[row.Organization] = append(d.asked[row.Organization], row.ID)
		}
		if !again {
			ids[row.ID] = n
		}
	}
	return d
}

// known returns the events of a block that are there already or earlier in it, of those that may be. Their ids are claimed.
func (s *Store) known(ctx context.Context, b *queue.Block, d doubts) (known []int, err error) {
	known = d.again
	for organization, list := range d.asked {
		for some := range slices.Chunk(list, lookUpIDs) {
			err := s.stored(ctx, organization, some, b.Number, func(id uuid.UUID) { known = append(known, d.places[organization][id]) })
			if err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(known)
	return slices.Compact(known), nil
}

// stored finds those of some ids that are there, and that a block has not brought itself.
func (s *Store) stored(ctx context.Context, organization uuid.UUID, ids []uuid.UUID, but uint64, found func(uuid.UUID)) error {
	p := of(organization)
	p.ids("ids", ids)
	p["block"] = formatUint(but)
	return s.query(ctx, "stored_ids", shape{Except: but != 0}, p, func(rows driver.Rows) error {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return err
		}
		found(id)
		return nil
	})
}

// Latest asks the table: first whether there is a younger block, which the bounds of its granules mostly tell, and then for the time.
func (s *Store) Latest(ctx context.Context, after uint64) (latest time.Time, err error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	younger := false
	p := params{"block": formatUint(after)}
	if err := s.query(ctx, "younger", shape{}, p, func(driver.Rows) error { younger = true; return nil }); err != nil || !younger {
		return time.Time{}, err
	}
	err = s.query(ctx, "latest", shape{}, params{}, func(rows driver.Rows) error {
		var count uint64
		var found time.Time
		if err := rows.Scan(&count, &found); err != nil {
			return err
		}
		if count > 0 {
			latest = found.UTC()
		}
		return nil
	})
	return latest, err
}

// TrustTokens makes the store believe what the server answers to a token, in whatever life it answers, and never read a block back nor compare the tables.
// It is for tests that must see what the reading back is worth: a server that is killed often enough then loses rows that it acknowledged.
func (s *Store) TrustTokens() { s.trusting = true }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func newYear(year int) int64 { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() }
