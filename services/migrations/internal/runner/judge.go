package runner

import (
	"context"
	"fmt"
	"slices"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Gatekeeper judges contract files by leases and by what the database itself has seen.
type Gatekeeper interface {
	Gate(ctx context.Context, t migrations.Target, f schema.File) (migrations.Gate, error)
}

// Backfills says whether a backfill of a database is done.
type Backfills interface {
	Done(ctx context.Context, database, name string) (bool, error)
}

// Overrides keeps what may pass.
type Overrides interface {
	// AddOverride records one and returns it with its time.
	AddOverride(ctx context.Context, o migrations.Override) (migrations.Override, error)
	// Overrides returns those of a database.
	Overrides(ctx context.Context, database string) ([]migrations.Override, error)
}

// overrides returns those of a database by the name of the file.
func (r *Runner) overrides(ctx context.Context, d *database) (map[string][]migrations.Override, error) {
	byFile := map[string][]migrations.Override{}
	if r.deps.Overrides == nil {
		return byFile, nil
	}
	list, err := r.deps.Overrides.Overrides(ctx, d.Name)
	if err != nil {
		return nil, fmt.Errorf("read the overrides: %w", err)
	}
	for _, o := range list {
		byFile[o.File] = append(byFile[o.File], o)
	}
	return byFile, nil
}

func overridden(list []migrations.Override, rule string) bool {
	return slices.ContainsFunc(list, func(o migrations.Override) bool { return o.Rule == rule })
}

// gate judges a file that no service waits for: its readers, what must come before it, lint and the overrides.
func (r *Runner) gate(ctx context.Context, d *database, s standing, f schema.File) (migrations.Gate, error) {
	overrides, err := r.overrides(ctx, d)
	if err != nil {
		return migrations.Gate{}, err
	}
	return r.gateWith(ctx, d, s, f, overrides)
}

// gateWith is gate with overrides that were read before. Before a commit they cannot be read again: the file may hold their table.
func (r *Runner) gateWith(ctx context.Context, d *database, s standing, f schema.File, overrides map[string][]migrations.Override) (migrations.Gate, error) {
	g, err := r.ask(ctx, d, s, f, overridden(overrides[f.Name], migrations.GateRule))
	g.Database, g.File = d.Name, f.Name
	if err != nil {
		return g, err
	}
	j := r.lint(ctx, d, s, overrides)
	if j.err != nil {
		return g, j.err
	}
	for _, found := range j.refused([]schema.File{f}) {
		g.State = migrations.GateWaiting
		g.Offenders = append(g.Offenders, migrations.Offender{Kind: migrations.ByLint, Message: j.say(found)})
	}
	return g, nil
}

// ask asks for the readers of a file and for what must come before it. Nobody is asked whom an override has passed over: the records may be away,
// or in tables that the file itself holds.
func (r *Runner) ask(ctx context.Context, d *database, s standing, f schema.File, overridden bool) (g migrations.Gate, err error) {
	g.State = migrations.GateOpen
	if overridden {
		g.State = migrations.GateOverridden
		if f.Contract != nil {
			g.Objects, g.Soak = f.Contract.NoReader, f.Contract.Soak
		}
		return g, nil
	}
	if f.Contract != nil {
		if g, err = r.readers(ctx, d, f); err != nil {
			return g, err
		}
	}
	before, err := r.before(ctx, d, s, f)
	if len(before) > 0 {
		g.State, g.Offenders = migrations.GateWaiting, append(g.Offenders, before...)
	}
	return g, err
}

// readers asks who uses what a contract file takes away.
func (r *Runner) readers(ctx context.Context, d *database, f schema.File) (migrations.Gate, error) {
	if r.deps.Gates != nil {
		return r.deps.Gates.Gate(ctx, d.Target, f)
	}
	return migrations.Gate{Objects: f.Contract.NoReader, Soak: f.Contract.Soak, Offenders: []migrations.Offender{
		{Kind: migrations.ByLease, Message: "nobody knows who is alive"},
	}}, nil
}

// before returns the files and backfills that must be done before a file and are not.
func (r *Runner) before(ctx context.Context, d *database, s standing, f schema.File) ([]migrations.Offender, error) {
	var list []migrations.Offender
	for _, version := range f.After {
		if _, ok := s.applied[version]; !ok {
			list = append(list, migrations.Offender{Kind: migrations.ByFile, Message: fmt.Sprintf("version %04d is not applied", version)})
		}
	}
	for _, name := range f.AfterBackfills {
		done := false
		if r.deps.Backfills != nil {
			var err error
			if done, err = r.deps.Backfills.Done(ctx, d.Name, name); err != nil {
				return nil, fmt.Errorf("ask for the backfill %s: %w", name, err)
			}
		}
		if !done {
			list = append(list, migrations.Offender{Kind: migrations.ByBackfill, Message: fmt.Sprintf("the backfill %s is not done", name)})
		}
	}
	return list, nil
}
