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

// Fold changes the events of one identity after the other, in short transactions. The overrides count until their events are all changed to what
// they say, so no question sees a difference; an append that began before an override was there has ended before the first event is changed,
// and one that begins later stamps its events with it. What a call that was ended has done is found done by the next.
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
	for i, o := range list {
		if err := s.foldOne(ctx, o); err != nil {
			return i, translate(ctx, err)
		}
	}
	return len(list), nil
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

// foldOne walks through an identity's events from the newest to the oldest and then takes the override out of the questions,
// unless another has come in its place.
func (s *Store) foldOne(ctx context.Context, o override) error {
	after := events.Position{OccurredAt: events.AllTime.End, ID: uuid.Max}
	for more := true; more; {
		err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
			var err error
			after, more, err = o.foldSome(ctx, tx, after)
			return err
		})
		if err != nil {
			return err
		}
	}
	text, err := work("folded", shape{})
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, text, o.args())
	return err
}

func (o override) args() pgx.NamedArgs {
	return pgx.NamedArgs{"organization": o.Organization, "kind": o.Kind, "value": o.Value, "developer": o.Developer, "sequence": o.Sequence}
}

// foldSome changes the next events of the identity, and their packages with them.
func (o override) foldSome(ctx context.Context, tx pgx.Tx, after events.Position) (last events.Position, more bool, err error) {
	args := o.args()
	args["after_time"], args["after_id"], args["limit"] = after.OccurredAt, after.ID, foldRows
	text, err := work("fold_next", shape{})
	if err != nil {
		return after, false, err
	}
	rows, err := tx.Query(ctx, text, args)
	if err != nil {
		return after, false, err
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
		return after, false, err
	}
	args["ids"], args["packages"], args["versions"], args["packaged"] = ids, packages, versions, packaged
	for _, name := range []string{"fold_events", "fold_packages"} {
		if text, err = work(name, shape{}); err != nil {
			return after, false, err
		}
		if _, err = tx.Exec(ctx, text, args); err != nil {
			return after, false, err
		}
	}
	return last, len(ids) == foldRows, nil
}
