package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// foldRows is how many events one transaction of a fold changes at most: its locks are held for some hundredths of a second.
const foldRows = 2000

// override is one that is pending.
type override struct {
	Organization uuid.UUID
	Kind         int16
	Value        string
	Developer    uuid.UUID
	Sequence     int64
}

// Pending counts the partial index.
func (s *Store) Pending(ctx context.Context) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	var n int
	err := s.query(ctx, "count_pending", shape{}, pgx.NamedArgs{}, func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}

// Fold changes the events of one identity after the other, some thousand in a transaction. The overrides count until their events are all changed to what
// they say, so no question sees a difference; an append that began before an override was there has ended before the first event is changed,
// and one that begins later stamps its events with it. What a call that was ended has done is found done by the next. Instances may fold at the same time: each
// transaction holds the overrides that it folds, as far as they are still those that it has read.
func (s *Store) Fold(ctx context.Context, limit int) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	list, err := s.pending(ctx, limit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	if err := s.barrier(ctx); err != nil {
		return 0, translate(ctx, err)
	}
	for p := (progress{after: newest}); p.folded < len(list); {
		var next progress
		err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
			next, err = p.step(ctx, tx, list)
			return err
		})
		if err != nil {
			return p.folded, translate(ctx, err)
		}
		p = next
	}
	return len(list), nil
}

// newest is the place before all events of an identity.
var newest = events.Position{OccurredAt: events.MaxTime, ID: uuid.Max}

// progress is how far a list of overrides is folded: so many of them, and of the next the events before a place.
type progress struct {
	folded int
	after  events.Position
}

// step changes the next events, from the newest to the oldest of each identity, and takes overrides whose events are done out of the questions,
// unless another has come in their place.
func (p progress) step(ctx context.Context, tx pgx.Tx, list []override) (progress, error) {
	text, err := work("folded", shape{})
	if err != nil {
		return p, err
	}
	for left := foldRows; left > 0 && p.folded < len(list); {
		o := list[p.folded]
		current, err := o.claim(ctx, tx)
		if err != nil {
			return p, err
		}
		if !current {
			p = progress{folded: p.folded + 1, after: newest}
			continue
		}
		after, n, err := o.foldSome(ctx, tx, p.after, left)
		if err != nil {
			return p, err
		}
		if n == left { // there may be more
			p.after = after
			break
		}
		if _, err := tx.Exec(ctx, text, o.args()); err != nil {
			return p, err
		}
		p, left = progress{folded: p.folded + 1, after: newest}, left-n
	}
	return p, nil
}

func (s *Store) pending(ctx context.Context, limit int) ([]override, error) {
	var list []override
	err := s.query(ctx, "pending", shape{}, pgx.NamedArgs{"limit": limit}, func(rows pgx.Rows) error {
		var o override
		err := rows.Scan(&o.Organization, &o.Kind, &o.Value, &o.Developer, &o.Sequence)
		list = append(list, o)
		return err
	})
	return list, err
}

func (o override) args() pgx.NamedArgs {
	return pgx.NamedArgs{"organization": o.Organization, "kind": o.Kind, "value": o.Value, "developer": o.Developer, "sequence": o.Sequence}
}

// claim tells whether the override is still the one to be folded, and has it stay so until the transaction ends.
func (o override) claim(ctx context.Context, tx pgx.Tx) (current bool, err error) {
	text, err := work("claim_override", shape{})
	if err != nil {
		return false, err
	}
	found, err := tx.Exec(ctx, text, o.args())
	return found.RowsAffected() == 1, err
}

// foldSome changes the next events of the identity, limit at most, and their packages with them.
func (o override) foldSome(ctx context.Context, tx pgx.Tx, after events.Position, limit int) (last events.Position, n int, err error) {
	args := o.args()
	args["after_time"], args["after_id"], args["limit"] = after.OccurredAt, after.ID, limit
	text, err := work("fold_next", shape{})
	if err != nil {
		return after, 0, err
	}
	rows, err := tx.Query(ctx, text, args)
	if err != nil {
		return after, 0, err
	}
	var ids, packaged []uuid.UUID
	var packages, versions []string
	var at time.Time
	var id uuid.UUID
	var purls []string
	_, err = pgx.ForEachRow(rows, []any{&at, &id, &purls}, func() error {
		ids, last = append(ids, id), events.Position{OccurredAt: at, ID: id}
		for _, row := range (events.Event{Packages: purls}).PackageRows() {
			packages, versions, packaged = append(packages, row.Package), append(versions, row.Version), append(packaged, id)
		}
		purls = nil
		return nil
	})
	if err != nil || len(ids) == 0 {
		return after, 0, err
	}
	args["ids"], args["packages"], args["versions"], args["packaged"] = ids, packages, versions, packaged
	for _, name := range []string{"fold_events", "fold_packages"} {
		if text, err = work(name, shape{}); err != nil {
			return after, 0, err
		}
		if _, err = tx.Exec(ctx, text, args); err != nil {
			return after, 0, err
		}
	}
	return last, len(ids), nil
}
