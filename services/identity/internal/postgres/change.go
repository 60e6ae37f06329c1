package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

// Changes reads the sequence of changes. It spans organizations: only other services of the suite watch it.
type Changes struct{ database }

// List returns at most limit changes after the sequence number, in order and without holes.
func (c *Changes) List(ctx context.Context, after int64, limit int) ([]identity.Change, error) {
	rows, err := c.queries.ListIdentityChanges(ctx, c.pool, after, int32(limit))
	if err != nil {
		return nil, translate(err)
	}
	changes := make([]identity.Change, len(rows))
	for i, row := range rows {
		changes[i] = changeFromRow(row)
	}
	return changes, nil
}

// Last returns the sequence number of the last change; 0 when there is none.
func (c *Changes) Last(ctx context.Context) (int64, error) {
	last, err := c.queries.GetLastSequence(ctx, c.pool)
	return last, translate(err)
}

// announce numbers changes and stores them. No lock may be taken after it in the transaction: the numbers are locked until its end,
// so nobody who waits for them may hold what we still want.
func (d *database) announce(ctx context.Context, tx pgx.Tx, changes sqlcgen.InsertIdentityChangesParams) error {
	amount := int64(len(changes.IdentityIds))
	last, err := d.queries.TakeSequences(ctx, tx, amount)
	if err != nil {
		return err
	}
	changes.Sequences = make([]int64, amount)
	for i := range changes.Sequences {
		changes.Sequences[i] = last - amount + 1 + int64(i)
	}
	if err := d.queries.InsertIdentityChanges(ctx, tx, changes); err != nil {
		return err
	}
	return d.queries.NotifyIdentityChanges(ctx, tx)
}
