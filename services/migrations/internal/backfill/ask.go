package backfill

import (
	"context"
	"fmt"
	"slices"

	"devtrail.dev/services/migrations"
)

// List returns the backfills of a database, or of all when it is empty, by database and name, as they stand in the databases.
// One whose server is away stands as it was last seen, with the trouble as its message.
func (k *Keeper) List(ctx context.Context, database string) ([]migrations.Backfill, error) {
	var list []migrations.Backfill
	for _, d := range k.list {
		if database != "" && d.target.Name != database {
			continue
		}
		b, err := k.look(ctx, d)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			b, _ = k.board.get(d)
			b.Message = err.Error()
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b migrations.Backfill) int { return a.Compare(b) })
	return list, nil
}

// Done reports whether all rows of a backfill are done, by what the database itself says.
func (k *Keeper) Done(ctx context.Context, database, name string) (bool, error) {
	d, err := k.find(database, name)
	if err != nil {
		return false, err
	}
	b, err := d.engine.read(ctx, d)
	return b.State == migrations.BackfillDone, err
}

// Pause ends the work after the step in hand. It stays paused over restarts.
func (k *Keeper) Pause(ctx context.Context, database, name string) (migrations.Backfill, error) {
	return k.move(ctx, database, name, migrations.BackfillPaused, migrations.BackfillRunning)
}

// Resume goes on at the checkpoint of a backfill that was paused, cancelled or failed.
func (k *Keeper) Resume(ctx context.Context, database, name string) (migrations.Backfill, error) {
	return k.move(ctx, database, name, migrations.BackfillRunning, migrations.BackfillPaused, migrations.BackfillCancelled, migrations.BackfillFailed)
}

// Cancel ends the step in hand, which is rolled back where the engine can do so, and the work.
func (k *Keeper) Cancel(ctx context.Context, database, name string) (migrations.Backfill, error) {
	return k.move(ctx, database, name, migrations.BackfillCancelled, migrations.BackfillRunning, migrations.BackfillPaused, migrations.BackfillFailed)
}

func (k *Keeper) move(ctx context.Context, database, name string, to migrations.BackfillState, from ...migrations.BackfillState) (migrations.Backfill, error) {
	d, err := k.find(database, name)
	if err != nil {
		return migrations.Backfill{}, err
	}
	moved, err := d.engine.move(ctx, d, from, to)
	if err != nil {
		return migrations.Backfill{}, err
	}
	b, err := k.look(ctx, d)
	if err != nil {
		return b, err
	}
	if !moved {
		return b, migrations.ErrBackfillState.With("backfill %q of %q is %s: it cannot become %s", name, database, b.State, to)
	}
	k.log.InfoContext(ctx, "backfill moved", "database", database, "backfill", name, "state", string(to))
	d.nudge()
	return b, nil
}

// look reads how a backfill stands and shows it.
func (k *Keeper) look(ctx context.Context, d *declared) (migrations.Backfill, error) {
	b, err := d.engine.read(ctx, d)
	if err != nil {
		return b, fmt.Errorf("read how the backfill stands: %w", err)
	}
	k.board.change(d, func(shown *migrations.Backfill) {
		// What it waits for is known to the instance that works, and not written.
		if b.Message == "" && b.State == migrations.BackfillRunning && shown.State == b.State {
			b.Message = shown.Message
		}
		*shown = b
	})
	return b, nil
}
