package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// Append copies the batch to a table of the connection and takes from there what is new, with its packages, in one transaction.
// The unique key decides what is new, also against batches that are being stored at the same moment.
func (s *Store) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	outcomes := make([]events.Outcome, len(batch))
	first := make(map[uuid.UUID]int, len(batch))
	distinct := make([]events.Event, 0, len(batch))
	for i, e := range batch {
		outcomes[i] = events.Duplicate
		if _, again := first[e.ID]; !again {
			first[e.ID] = i
			distinct = append(distinct, e)
		}
	}
	if len(distinct) == 0 {
		return outcomes, nil
	}
	promoted := make(slots)
	if err := promoted.add(ctx, s, organization); err != nil {
		return nil, err
	}
	var stored []uuid.UUID
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var err error
		if stored, err = storeEvents(ctx, tx, organization, distinct, promoted); err != nil {
			return err
		}
		stamps, err := incomingStamps(ctx, tx)
		if err != nil {
			return err
		}
		fresh := make([]events.Event, len(stored))
		for i, id := range stored {
			fresh[i] = batch[first[id]]
			stamps.put(organization, &fresh[i])
		}
		return storePackages(ctx, tx, organization, fresh)
	})
	if err != nil {
		return nil, translate(ctx, err)
	}
	for _, id := range stored {
		outcomes[first[id]] = events.Stored
	}
	return outcomes, nil
}

// storeEvents returns the ids that were new.
func storeEvents(ctx context.Context, tx pgx.Tx, organization uuid.UUID, list []events.Event, promoted slots) ([]uuid.UUID, error) {
	if err := createIncoming(ctx, tx); err != nil {
		return nil, err
	}
	rows := pgx.CopyFromSlice(len(list), func(i int) ([]any, error) { return eventToRow(organization, list[i]), nil })
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"pg_temp", "incoming"}, eventColumns, rows); err != nil {
		return nil, err
	}
	if err := promoted.fill(ctx, tx); err != nil {
		return nil, err
	}
	insert, err := work("store_incoming", shape{Returning: true})
	if err != nil {
		return nil, err
	}
	stored, err := tx.Query(ctx, insert)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(stored, pgx.RowTo[uuid.UUID])
}

func storePackages(ctx context.Context, tx pgx.Tx, organization uuid.UUID, list []events.Event) error {
	var rows [][]any
	for _, e := range list {
		for _, row := range e.PackageRows() {
			rows = append(rows, packageToRow(organization, e, row))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"event_packages"}, packageColumns, pgx.CopyFromRows(rows))
	return err
}

func createIncoming(ctx context.Context, tx pgx.Tx) error {
	if err := appending(ctx, tx); err != nil {
		return err
	}
	create, err := work("incoming", shape{})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, create)
	return err
}
