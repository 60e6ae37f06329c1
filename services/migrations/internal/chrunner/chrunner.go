// Package chrunner applies migration files to ClickHouse, to one server or to every host of a cluster, statement by statement, since ClickHouse has no transaction
// for DDL. It stands beside the request's path, below the runner, which holds the lock of the database while this package works.
//
// The order of the rooms: host.go finds the hosts, statement.go and alter.go understand a statement in the form that the server gives it, route.go says which hosts
// run it, preflight.go and its neighbours look at what could go wrong, guard.go and define.go at what is there already, file.go runs it between two rows of the
// journal, mutation.go waits for the work behind it, and compare.go looks at all hosts before a file counts as applied.
package chrunner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// ErrCancelled is for the cause of a context: when it ends with this, the mutations that the run has started are killed. Any other end leaves them running, and the next run waits for them.
var ErrCancelled = errors.New("the run was cancelled")

// Config has what may be chosen. The zero value of every field works.
type Config struct {
	// Build is written to the history; "unknown" when empty.
	Build string
	// Cluster is the name of a cluster in system.clusters whose hosts all get the files; empty: the server of the URL is alone.
	Cluster string
	// FailAfter is how long a mutation may fail before it is given up; 10 s when zero.
	FailAfter time.Duration
	// LongTimeout ends a statement; 1 h when zero. Mutations may take longer, since nobody waits inside a statement for them.
	LongTimeout time.Duration
	// MaxDropBytes is the size above which tables and partitions are not dropped; 50 GB when zero.
	MaxDropBytes uint64
	// Observe, when not nil, is told each step before it is taken or after it was.
	Observe func(Step)
	// Poll is the time between two looks at a mutation; 200 ms when zero.
	Poll time.Duration
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	if c.Build == "" {
		c.Build = "unknown"
	}
	if c.MaxDropBytes == 0 {
		c.MaxDropBytes = 50_000_000_000
	}
	if c.Observe == nil {
		c.Observe = func(Step) {}
	}
	set(&c.FailAfter, 10*time.Second)
	set(&c.LongTimeout, time.Hour)
	set(&c.Poll, 200*time.Millisecond)
	return c
}

// Step is a point of a run. Tests stop the world there.
type Step struct {
	File string
	// Host is empty where all hosts are meant and where there is only one.
	Host  string
	Phase Phase
	// Statement counts from 1 in the file; 0 stands for the file.
	Statement int
}

// Phase is a kind of Step. A statement goes from Before to Done on each host.
type Phase string

// The phases.
const (
	// Before comes before anything of a statement.
	Before Phase = "before"
	// Journaled comes when the journal says that a statement was started.
	Journaled Phase = "journaled"
	// Sent comes when the server has taken a statement; mutations of it may still work.
	Sent Phase = "sent"
	// After comes when all of a statement has run and nothing was written about it.
	After Phase = "after"
	// Done comes when the journal says that a statement was done.
	Done Phase = "done"
	// BeforeCommit comes before the rows that say a file is applied.
	BeforeCommit Phase = "before-commit"
	// AfterCommit comes after them.
	AfterCommit Phase = "after-commit"
)

// Request is what is to be applied. All its fields are set, except Actor and Overrides.
type Request struct {
	// Actor is who asked, for the history.
	Actor string
	// Check is asked before each statement and before a file counts as applied; its error ends the run and is given back as it is.
	Check func(ctx context.Context) error
	// Files are applied in this order.
	Files []schema.File
	// Overrides has, by the name of a file, what it was allowed to pass.
	Overrides map[string][]migrations.Override
	// Report is told every step.
	Report func(migrations.Progress)
}

// passes reports whether an override lets the file pass the rule.
func (r Request) passes(file, rule string) bool {
	for _, o := range r.Overrides[file] {
		if o.Rule == rule {
			return true
		}
	}
	return false
}

// Engine applies files to one ClickHouse database.
type Engine struct {
	cfg    Config
	now    func() time.Time
	opts   clickhouse.Options
	target migrations.Target

	mu    sync.Mutex
	known map[string]*host // by address; "" is the server of the URL
}

// Open makes an Engine. It does not connect. The caller calls Close.
func Open(url string, t migrations.Target, cfg Config, now func() time.Time) (*Engine, error) {
	if url == "" {
		return nil, errors.New("it is on ClickHouse, whose server URL is not set")
	}
	cfg = cfg.withDefaults()
	opts, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{migrations.Application, cfg.Build})
	opts.DialTimeout = 5 * time.Second
	opts.MaxOpenConns, opts.MaxIdleConns = 4, 1
	opts.ReadTimeout = cfg.LongTimeout
	// Defaults differ by version and build. Mutations are started and looked at, never waited for inside a statement.
	opts.Settings = clickhouse.Settings{
		"alter_sync": 1, "async_insert": 0, "lightweight_deletes_sync": 0, "mutations_sync": 0, "distributed_ddl_output_mode": "null_status_on_timeout",
	}
	return &Engine{cfg: cfg, known: map[string]*host{}, now: now, opts: *opts, target: t}, nil
}

// Close closes the connections.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, h := range e.known {
		h.close()
	}
	clear(e.known)
}

// Create makes the database on every host where it is missing, and brings hosts that are new in the cluster to where the others are.
func (e *Engine) Create(ctx context.Context) error {
	if err := migrations.CheckDatabaseName(e.target.Database); err != nil {
		return err
	}
	hosts, err := e.hosts(ctx)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if err := h.server.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoted(e.target.Database)); err != nil {
			return h.away(err)
		}
	}
	return e.welcome(ctx, hosts)
}

// Applied returns version to checksum of the files that every host has; nothing when a database or a history is missing.
// A host that is down is passed over while another answers: it is met when something is to be applied.
func (e *Engine) Applied(ctx context.Context) (map[int64]string, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return nil, err
	}
	var all map[int64]string
	var failed []error
	for _, h := range hosts {
		applied, err := h.applied(ctx)
		if errors.Is(err, migrations.ErrServerAway) {
			failed = append(failed, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = applied
			continue
		}
		for version, checksum := range all {
			if applied[version] != checksum {
				delete(all, version)
			}
		}
	}
	if len(failed) == len(hosts) {
		return nil, failed[0]
	}
	return all, nil
}

// Apply applies the files in order. It is repeatable after any error and after the end of the process or of a server at any point:
// it goes on at the statement, and on the host, where it stopped.
func (e *Engine) Apply(ctx context.Context, req Request) error {
	hosts, err := e.prepare(ctx)
	if err != nil {
		return err
	}
	for _, f := range req.Files {
		if err := (&run{cfg: e.cfg, file: f, hosts: hosts, now: e.now, req: req}).all(ctx); err != nil {
			return err
		}
		req.Report(migrations.Progress{File: f.Name, Phase: migrations.FileApplied})
	}
	return nil
}

// Baseline records the files as applied on every host without running them.
func (e *Engine) Baseline(ctx context.Context, req Request) error {
	hosts, err := e.prepare(ctx)
	if err != nil {
		return err
	}
	for _, f := range req.Files {
		if err := req.Check(ctx); err != nil {
			return err
		}
		if err := (&run{cfg: e.cfg, file: f, hosts: hosts, now: e.now, req: req}).commit(ctx, 0, true); err != nil {
			return err
		}
	}
	return nil
}

// prepare returns the hosts, all of which answer and have a journal.
func (e *Engine) prepare(ctx context.Context) ([]*host, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		ok, err := h.exists(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, migrations.ErrRefused.With("%sdatabase %q is not there", h.prefix(), e.target.Database)
		}
	}
	for _, h := range hosts {
		if err := h.createJournal(ctx); err != nil {
			return nil, err
		}
	}
	return hosts, nil
}

// Version is the year and month of the server, such as "26.7".
func (e *Engine) Version(ctx context.Context) (string, error) {
	hosts, err := e.hosts(ctx)
	if err != nil {
		return "", err
	}
	version, err := scalar[string](ctx, hosts[0].server, "SELECT extract(version(), '^[0-9]+[.][0-9]+')")
	return version, hosts[0].away(err)
}
