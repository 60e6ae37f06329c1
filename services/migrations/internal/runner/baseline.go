package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Baseline records the files up to the version as applied without running them, and returns how the database stands then. The live schema must be
// what these files make, and the database must have no history: else it ends with ErrDrifted or ErrHistoryExists, and nothing is written.
func (r *Runner) Baseline(ctx context.Context, name string, version int64, actor string) (migrations.Status, error) {
	d, err := r.find(name)
	if err != nil {
		return migrations.Status{}, err
	}
	i := slices.IndexFunc(d.files, func(f schema.File) bool { return f.Version == version })
	if i < 0 {
		return migrations.Status{}, migrations.ErrVersionNotFound.With("database %q has no file of version %d in this build", name, version)
	}
	lock, err := r.locker.lock(ctx, name, func(message string) {
		r.log.InfoContext(ctx, "baseline waits", "database", name, "reason", message)
	})
	if err != nil {
		return migrations.Status{}, fmt.Errorf("take the lock: %w", err)
	}
	defer lock.release()
	if err := r.baseline(ctx, d, lock, d.files[:i+1], actor); err != nil {
		return migrations.Status{}, err
	}
	d.orders.nudge()
	return r.board.get(name), nil
}

func (r *Runner) baseline(ctx context.Context, d *database, lock held, files []schema.File, actor string) error {
	applied, err := d.engine.applied(ctx)
	if err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	if len(applied) > 0 {
		return migrations.ErrHistoryExists.With("database %q has a history and is at version %d", d.Name, newest(applied))
	}
	if r.deps.Drift == nil {
		return fmt.Errorf("baseline %q: %w", d.Name, errNotWired)
	}
	found, err := r.deps.Drift.Check(ctx, d.Target, files)
	if err != nil {
		return err
	}
	if len(found.Differences) > 0 {
		return migrations.ErrDrifted.With("database %q is not what the files up to version %d make: %s", d.Name, files[len(files)-1].Version, few(found.Differences))
	}
	began := r.now()
	if err := d.engine.baseline(ctx, lock, files, actor); err != nil {
		return err
	}
	// A run that ended well says that the database is in use. One that is begun before could say that it is fresh.
	r.note(ctx, r.deps.Ledger.Finish(ctx, migrations.Run{
		ID: uuid.Must(uuid.NewV7()), Database: d.Name, Build: r.cfg.Build, StartedAt: began, FinishedAt: r.now(),
		ToVersion: files[len(files)-1].Version, Outcome: migrations.Applied, Message: "baseline by " + actor,
	}))
	r.board.change(d.Name, func(status *migrations.Status) { status.State, status.Message = migrations.Pending, "" })
	_, err = r.look(ctx, d)
	return err
}

// few names the first differences.
func few(all []migrations.Difference) string {
	const limit = 5
	var say []string
	for _, d := range all[:min(limit, len(all))] {
		how := "differs"
		switch {
		case d.Expected == "":
			how = "is not in the files"
		case d.Actual == "":
			how = "is missing"
		}
		say = append(say, d.Kind+" "+d.Object+" "+how)
	}
	if more := len(all) - limit; more > 0 {
		say = append(say, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(say, ", ")
}
