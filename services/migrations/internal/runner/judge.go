package runner

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/lint"
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

// lintCache keeps the last answer of lint, since the files of a build do not change and a refused database is looked at again and again.
type lintCache struct {
	mu       sync.Mutex
	key      [sha256.Size]byte
	findings []lint.Finding
}

// judgement is what lint says of the files that wait in a database, and what may pass.
type judgement struct {
	database  string
	findings  []lint.Finding
	overrides map[string][]migrations.Override
	err       error
}

// lint judges the files that wait upon those that are applied. A fresh database has nothing to protect, so nothing is found there.
func (r *Runner) lint(ctx context.Context, d *database, s standing, overrides map[string][]migrations.Override) judgement {
	j := judgement{database: d.Name, overrides: overrides}
	if s.fresh || len(s.pending)+len(s.later) == 0 {
		return j
	}
	version, err := d.engine.version(ctx)
	if err != nil {
		j.err = fmt.Errorf("read the server's version: %w", err)
		return j
	}
	j.findings, j.err = d.lints.lint(d.Engine, version, s.among(d.files), s.waiting())
	return j
}

func (c *lintCache) lint(engine migrations.Engine, version string, setup, files []schema.File) ([]lint.Finding, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %d\n", version, len(setup))
	for _, f := range slices.Concat(setup, files) {
		fmt.Fprintln(hash, f.Name, f.Checksum)
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == key {
		return c.findings, nil
	}
	found, err := lint.Lint(lintEngine(engine), lintFiles(setup), lintFiles(files), lintOptions(engine, version))
	if err != nil {
		return nil, err
	}
	c.key, c.findings = key, found
	return found, nil
}

// lintEngine is the engine in lint's words.
func lintEngine(e migrations.Engine) lint.Engine {
	if e == migrations.ClickHouse {
		return lint.ClickHouse
	}
	return lint.Postgres
}

// lintOptions is what lint should know of how this package applies files to an engine of the version, empty when that is not known.
func lintOptions(e migrations.Engine, version string) lint.Options {
	return lint.Options{ServerVersion: version, InTransaction: e == migrations.Postgres, TimeoutsSet: true}
}

func lintFiles(files []schema.File) []lint.File {
	list := make([]lint.File, len(files))
	for i, f := range files {
		list[i] = lint.File{Name: f.Name, SQL: f.SQL}
	}
	return list
}

// refused returns the findings that keep one of the files from being applied.
func (j judgement) refused(files []schema.File) []lint.Finding {
	var list []lint.Finding
	for _, found := range j.findings {
		i := slices.IndexFunc(files, func(f schema.File) bool { return f.Name == found.File })
		if i < 0 || found.Suppressed || overridden(j.overrides[found.File], found.Rule) {
			continue
		}
		if found.Severity == lint.Error || found.Severity == lint.Gate && files[i].Contract == nil {
			list = append(list, found)
		}
	}
	return list
}

// refusal is nil when all of the files may be applied, else it names what was found and how it may pass.
func (j judgement) refusal(files []schema.File) error {
	if j.err != nil {
		return j.err
	}
	found := j.refused(files)
	if len(found) == 0 {
		return nil
	}
	const few = 5
	var say []string
	for _, f := range found[:min(few, len(found))] {
		say = append(say, j.say(f))
	}
	if more := len(found) - few; more > 0 {
		say = append(say, fmt.Sprintf("and %d more", more))
	}
	return errRefused.With("%s", strings.Join(say, "; "))
}

func (j judgement) say(f lint.Finding) string {
	what := "mend the file"
	if f.Severity == lint.Gate {
		what = `let the file begin with "-- devtrail: contract", so that it waits for its readers`
	}
	return fmt.Sprintf("%s:%d: %s: %s: %s, or give a reason to let it pass: MigrationService/OverrideStep {\"database\": %q, \"file\": %q, \"rule\": %q, \"reason\": \"...\"}",
		f.File, f.Line, f.Rule, strings.TrimSuffix(f.Message, "."), what, j.database, f.File, f.Rule)
}

// gate judges a file that no service waits for: its readers, what must come before it, lint and the overrides.
func (r *Runner) gate(ctx context.Context, d *database, s standing, f schema.File) (migrations.Gate, error) {
	overrides, err := r.overrides(ctx, d)
	if err != nil {
		return migrations.Gate{}, err
	}
	g := migrations.Gate{State: migrations.GateOpen}
	if f.Contract != nil {
		if g, err = r.readers(ctx, d, f); err != nil {
			return g, err
		}
	}
	g.Database, g.File = d.Name, f.Name
	before, err := r.before(ctx, d, s, f)
	if err != nil {
		return g, err
	}
	if len(before) > 0 {
		g.State, g.Offenders = migrations.GateWaiting, append(g.Offenders, before...)
	}
	if overridden(overrides[f.Name], migrations.GateRule) {
		g.State = migrations.GateOverridden
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
