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
	"devtrail.dev/services/migrations/internal/segment"
	"devtrail.dev/services/migrations/lint"
	"devtrail.dev/services/migrations/lint/explain"
)

// lintOptions is what lint should know of how this engine applies files, and of the server.
func (p *postgres) lintOptions(ctx context.Context) (lint.Options, error) {
	opts := lint.Options{InTransaction: true, OwnHeaders: true, TimeoutsSet: true}
	err := p.pool.QueryRow(ctx, "SELECT (current_setting('server_version_num')::int / 10000)::text").Scan(&opts.ServerVersion)
	return opts, away(err)
}

// lintOptions is the same of ClickHouse, whose parser judges what the linter cannot read. The options are good as long as ctx is.
func (c *clickHouse) lintOptions(ctx context.Context) (lint.Options, error) {
	version, err := c.engine.Version(ctx)
	if err != nil {
		return lint.Options{}, err
	}
	return lint.Options{Cluster: c.cluster, Explain: explain.ClickHouse(ctx, c.server), ServerVersion: version, TimeoutsSet: true}, nil
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
	opts, err := d.engine.lintOptions(ctx)
	if err != nil {
		j.err = fmt.Errorf("ask the server for lint: %w", err)
		return j
	}
	j.findings, j.err = d.lints.lint(lintEngine(d.Engine), opts, s.among(d.files), s.waiting())
	return j
}

func (c *lintCache) lint(engine lint.Engine, opts lint.Options, setup, files []schema.File) ([]lint.Finding, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %d\n", opts.ServerVersion, len(setup))
	for _, f := range slices.Concat(setup, files) {
		fmt.Fprintln(hash, f.Name, f.Checksum)
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == key {
		return c.findings, nil
	}
	found, err := lint.Lint(engine, lintFiles(engine, setup), lintFiles(engine, files), opts)
	if err != nil {
		return nil, err
	}
	c.key, c.findings = key, found
	return found, nil
}

func lintEngine(e migrations.Engine) lint.Engine {
	if e == migrations.ClickHouse {
		return lint.ClickHouse
	}
	return lint.Postgres
}

func lintFiles(engine lint.Engine, files []schema.File) []lint.File {
	list := make([]lint.File, len(files))
	for i, f := range files {
		list[i] = lint.File{Name: f.Name, SQL: f.SQL, Apart: engine == lint.Postgres && segment.Apart(f)}
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
	return migrations.ErrRefused.With("%s", strings.Join(say, "; "))
}

func (j judgement) say(f lint.Finding) string {
	what := "mend the file"
	if f.Severity == lint.Gate {
		what = `let the file begin with "-- devtrail: contract", so that it waits for its readers`
	}
	return fmt.Sprintf("%s:%d: %s: %s: %s, or give a reason to let it pass: MigrationService/OverrideStep {\"database\": %q, \"file\": %q, \"rule\": %q, \"reason\": \"...\"}",
		f.File, f.Line, f.Rule, strings.TrimSuffix(f.Message, "."), what, j.database, f.File, f.Rule)
}
