package postgres

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events/internal/queue"
)

var _ queue.BlockStore = (*Store)(nil)

// StoreBlock stores a block in one transaction with its number: copied to a table of the connection, and from there what is new. The unique key decides what is
// new, for all events of the block, and the number whether the block is.
func (s *Store) StoreBlock(ctx context.Context, b *queue.Block) (known []int, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	promoted := make(slots)
	var last uuid.UUID
	seen := make(map[uuid.UUID]bool)
	for _, r := range b.Rows() {
		if r.Organization == last || seen[r.Organization] { // they come in runs
			continue
		}
		last, seen[r.Organization] = r.Organization, true
		if err := promoted.add(ctx, s, r.Organization); err != nil {
			return nil, err
		}
	}
	known, err = s.storeBlock(ctx, b, promoted, b.NeedsLookUp())
	if errors.Is(err, errUnforeseen) {
		known, err = s.storeBlock(ctx, b, promoted, true)
	}
	if err != nil {
		return nil, translate(ctx, err)
	}
	return known, nil
}

// errUnforeseen says that the unique key knows an event that nobody expected to be there: which one is looked up, in another transaction.
var errUnforeseen = errors.New("events of the block are there")

func (s *Store) storeBlock(ctx context.Context, b *queue.Block, promoted slots, lookUp bool) (known []int, err error) {
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"number": int64(b.Number), "before": int64(b.Number - blockMemory)}
		if _, err := run(ctx, tx, "forget_blocks", args); err != nil {
			return err
		}
		fresh, err := run(ctx, tx, "store_block", args)
		if err != nil {
			return err
		}
		if fresh == 0 {
			known, err = places(ctx, tx, "stored_block", args, pgx.RowTo[[]int32])
			return err
		}
		if known, err = storeRows(ctx, tx, b, promoted, lookUp); err != nil {
			return err
		}
		if len(known) > 0 {
			args["known"] = known
			if _, err := run(ctx, tx, "known_of_block", args); err != nil {
				return err
			}
		}
		return storePackageRows(ctx, tx, b, known)
	})
	return known, err
}

// blockMemory is for how long blocks are remembered, as their numbers count: 4096 to the microsecond.
const blockMemory = 24 * uint64(time.Hour/time.Microsecond) << 12

// storeRows returns the events that were left out.
func storeRows(ctx context.Context, tx pgx.Tx, b *queue.Block, promoted slots, lookUp bool) (known []int, err error) {
	if err := createIncoming(ctx, tx); err != nil {
		return nil, err
	}
	rows := copied(b, nil, func(n int, r *queue.Row, emit func([]any) bool) bool {
		e := r.Event()
		return emit(append(eventToRow(r.Organization, e), int32(n)))
	})
	defer rows.stop()
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"pg_temp", "incoming"}, blockColumns, rows); err != nil {
		return nil, err
	}
	if lookUp {
		var err error
		known, err = places(ctx, tx, "known_incoming", nil, func(row pgx.CollectableRow) ([]int32, error) {
			var place int32
			err := row.Scan(&place)
			return []int32{place}, err
		})
		if err != nil {
			return nil, err
		}
	}
	if err := promoted.fill(ctx, tx); err != nil {
		return nil, err
	}
	stored, err := run(ctx, tx, "store_incoming", nil)
	if err == nil && stored != int64(b.Len()-len(known)) {
		err = errUnforeseen
	}
	return known, err
}

func storePackageRows(ctx context.Context, tx pgx.Tx, b *queue.Block, known []int) error {
	stamps, err := incomingStamps(ctx, tx)
	if err != nil {
		return err
	}
	rows := copied(b, known, func(_ int, r *queue.Row, emit func([]any) bool) bool {
		if len(r.Packages) == 0 {
			return true
		}
		e := r.Event()
		stamps.put(r.Organization, &e)
		for _, p := range e.PackageRows() {
			if !emit(packageToRow(r.Organization, e, p)) {
				return false
			}
		}
		return true
	})
	defer rows.stop()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"event_packages"}, packageColumns, rows)
	return err
}

// copying is a pgx.CopyFromSource of the rows that events make.
type copying struct {
	next func() ([]any, bool)
	stop func()
	row  []any
}

// copied makes rows of the events of a block that are not known.
func copied(b *queue.Block, known []int, rows func(n int, r *queue.Row, emit func([]any) bool) bool) *copying {
	c := new(copying)
	c.next, c.stop = iter.Pull(func(yield func([]any) bool) {
		left := known
		for n, r := range b.Rows() {
			if len(left) > 0 && left[0] == n {
				left = left[1:]
				continue
			}
			if !rows(n, r, yield) {
				return
			}
		}
	})
	return c
}

// Next implements pgx.CopyFromSource, as do the methods below.
func (c *copying) Next() (more bool) {
	c.row, more = c.next()
	return more
}

// Values is the row.
func (c *copying) Values() ([]any, error) { return c.row, nil }

// Err is never one.
func (*copying) Err() error { return nil }

// run executes a statement and returns how many rows it changed.
func run(ctx context.Context, tx pgx.Tx, name string, args pgx.NamedArgs) (int64, error) {
	text, err := work(name, shape{})
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, text, args)
	return tag.RowsAffected(), err
}

// places runs a statement that returns numbers of events.
func places(ctx context.Context, tx pgx.Tx, name string, args pgx.NamedArgs, scan pgx.RowToFunc[[]int32]) (all []int, err error) {
	text, err := work(name, shape{})
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, text, args)
	if err != nil {
		return nil, err
	}
	lists, err := pgx.CollectRows(rows, scan)
	for _, list := range lists {
		for _, place := range list {
			all = append(all, int(place))
		}
	}
	return all, err
}

// Latest asks the table. Of batches nothing is noted: every id is compared here anyway.
func (s *Store) Latest(ctx context.Context, after uint64) (time.Time, error) {
	var latest time.Time
	err := s.ask(ctx, uuid.Nil, func(look *session) error {
		return look.answer(ctx, "latest", shape{}, pgx.NamedArgs{"after": int64(after)}, func(rows pgx.Rows) error {
			var found *time.Time
			err := rows.Scan(&found)
			if found != nil {
				latest = found.UTC()
			}
			return err
		})
	})
	return latest, err
}
