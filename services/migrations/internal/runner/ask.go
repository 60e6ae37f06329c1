package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
)

// Planner measures what files would do.
type Planner interface {
	// Plan returns the segments: pending files first, then later ones, each by itself and in their order, upon a copy of the schema that is live.
	Plan(ctx context.Context, t migrations.Target, applied, pending, later []schema.File) (migrations.Plan, error)
	// Fingerprint stands for the live schema and the files that wait. The database may be missing.
	Fingerprint(ctx context.Context, t migrations.Target, waiting []schema.File) (string, error)
}

// DriftChecker compares a live schema with what files make.
type DriftChecker interface {
	Check(ctx context.Context, t migrations.Target, applied []schema.File) (migrations.Drift, error)
}

// errNotWired says that a Runner was opened without what the call needs.
var errNotWired = errors.New("the runner was opened without it")

// Plan says what an attempt would do now, with the findings of lint and the gates. It changes nothing in the database.
func (r *Runner) Plan(ctx context.Context, name string) (migrations.Plan, error) {
	d, s, err := r.stand(ctx, name)
	if err != nil {
		return migrations.Plan{}, err
	}
	if r.deps.Planner == nil {
		return migrations.Plan{}, fmt.Errorf("plan %q: %w", name, errNotWired)
	}
	// It is taken first: what changes while the plan is made makes it stale.
	waiting := s.waiting()
	fingerprint, err := r.deps.Planner.Fingerprint(ctx, d.Target, waiting)
	if err != nil {
		return migrations.Plan{}, err
	}
	p, err := r.deps.Planner.Plan(ctx, d.Target, s.among(d.files), waiting[:len(s.pending)], waiting[len(s.pending):])
	if err != nil {
		return migrations.Plan{}, err
	}
	overrides, err := r.overrides(ctx, d)
	if err != nil {
		return migrations.Plan{}, err
	}
	j := r.lint(ctx, d, s, overrides)
	if j.err != nil {
		return migrations.Plan{}, j.err
	}
	p.Database, p.Fingerprint, p.Findings = name, fingerprint, j.findings
	p.Gates, err = r.gates(ctx, d, s)
	return p, err
}

// Gates judges every contract file that waits; name may be empty for all databases.
func (r *Runner) Gates(ctx context.Context, name string) ([]migrations.Gate, error) {
	var all []migrations.Gate
	for _, d := range r.databases {
		if name != "" && d.Name != name {
			continue
		}
		_, s, err := r.stand(ctx, d.Name)
		if err != nil {
			return nil, err
		}
		gates, err := r.gates(ctx, d, s)
		if err != nil {
			return nil, err
		}
		all = append(all, gates...)
	}
	if _, err := r.find(name); name != "" && err != nil {
		return nil, err
	}
	return all, nil
}

func (r *Runner) gates(ctx context.Context, d *database, s standing) ([]migrations.Gate, error) {
	var list []migrations.Gate
	for _, f := range s.later {
		if f.Contract == nil {
			continue
		}
		g, err := r.gate(ctx, d, s, f)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// Override lets a file that waits pass a rule of lint, or its gate, and wakes the database.
func (r *Runner) Override(ctx context.Context, o migrations.Override) (migrations.Override, error) {
	d, s, err := r.stand(ctx, o.Database)
	if err != nil {
		return o, err
	}
	waiting := s.waiting()
	i := slices.IndexFunc(waiting, func(f schema.File) bool { return f.Name == o.File })
	if i < 0 {
		return o, migrations.ErrFileNotWaiting.With("no file %q waits in database %q", o.File, o.Database)
	}
	if o.Rule == migrations.GateRule {
		if waiting[i].Required() {
			return o, migrations.ErrRuleNotFound.With("file %q has no gate: it is not a contract file", o.File)
		}
	} else if err := knownRule(d.Engine, o.Rule); err != nil {
		return o, err
	}
	if o, err = r.deps.Overrides.AddOverride(ctx, o); err != nil {
		return o, err
	}
	r.log.InfoContext(ctx, "override given", "database", o.Database, "file", o.File, "rule", o.Rule, "reason", o.Reason, "actor", o.Actor)
	d.orders.nudge()
	d.background.nudge()
	return o, nil
}

func knownRule(e migrations.Engine, name string) error {
	rules, err := lint.Rules(lintEngine(e))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rules, func(rule lint.Rule) bool { return rule.Name == name }) {
		return migrations.ErrRuleNotFound.With("lint of %s has no rule %q", e, name)
	}
	return nil
}

// stand reads how a database stands, without telling the board.
func (r *Runner) stand(ctx context.Context, name string) (*database, standing, error) {
	d, err := r.find(name)
	if err != nil {
		return nil, standing{}, err
	}
	s, err := r.read(ctx, d)
	return d, s, err
}

// Files returns the engine of a database, the files that this build has for it, in order, and what lint should know of its server; nothing of it when it is away.
func (r *Runner) Files(ctx context.Context, name string) (migrations.Engine, []schema.File, lint.Options, error) {
	d, err := r.find(name)
	if err != nil {
		return 0, nil, lint.Options{}, err
	}
	opts, err := d.engine.lintOptions(ctx)
	if errors.Is(err, migrations.ErrServerAway) {
		return d.Engine, d.files, lint.Options{InTransaction: d.Engine == migrations.Postgres, OwnHeaders: true, TimeoutsSet: true}, nil
	}
	return d.Engine, d.files, opts, err
}

// Drift compares the live schema of a database with what its applied files make.
func (r *Runner) Drift(ctx context.Context, name string) (migrations.Drift, error) {
	d, s, err := r.stand(ctx, name)
	if err != nil {
		return migrations.Drift{}, err
	}
	return r.drift(ctx, d, s)
}

func (r *Runner) drift(ctx context.Context, d *database, s standing) (migrations.Drift, error) {
	files := s.among(d.files)
	if len(files) < len(s.applied) {
		return migrations.Drift{}, migrations.ErrAhead.With("database %q is at version %d, whose files this build does not have: ask the build that does", d.Name, newest(s.applied))
	}
	if r.deps.Drift == nil {
		return migrations.Drift{}, fmt.Errorf("look for drift of %q: %w", d.Name, errNotWired)
	}
	return r.deps.Drift.Check(ctx, d.Target, files)
}

// checkDrift looks once, after the start. It tells and stops nothing. A database that this process has made has no drift.
func (r *Runner) checkDrift(ctx context.Context, d *database) {
	if d.made.Load() || r.deps.Drift == nil {
		return
	}
	s, err := r.read(ctx, d)
	var found migrations.Drift
	if err == nil {
		found, err = r.drift(ctx, d, s)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.log.WarnContext(ctx, "drift not known", "database", d.Name, "error", err.Error())
		}
		return
	}
	const few = 20
	for _, one := range found.Differences[:min(few, len(found.Differences))] {
		r.log.WarnContext(ctx, "the schema differs from its files", "database", d.Name, "kind", one.Kind, "object", one.Object, "expected", one.Expected, "actual", one.Actual)
	}
	r.log.InfoContext(ctx, "drift checked", "database", d.Name, "differences", len(found.Differences))
	if r.deps.Drifted != nil {
		r.deps.Drifted(d.Name, len(found.Differences))
	}
}
