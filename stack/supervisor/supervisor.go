// Package supervisor keeps a table of processes alive: each is started when
// the ones it depends on are ready, started again when it ends by itself, and
// stopped after those that depend on it. It stands beside the path of a
// request: `devtrail up` and the end-to-end tests run the suite with it.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Process is a row of the table.
type Process struct {
	Name  string                                     // unique
	Deps  []string                                   // names of the processes that must be ready first
	Start func(ctx context.Context) (Running, error) // launches it; may return before it is ready
	Ready func(ctx context.Context) error            // nil when it is ready, else why not; nil func: ready when Start returns
}

// Running is a started process. *Child and *engines.Server are such.
type Running interface {
	// Done is closed when the process is gone and everything of it is released.
	Done() <-chan struct{}
	// Err says why the process ended by itself; nil while it runs and after Stop.
	Err() error
	// Pid is the number of the process.
	Pid() int
	// Stop ends the process in an orderly way, by force when ctx ends first, and returns when it is gone.
	Stop(ctx context.Context) error
}

// Config holds the times of a supervisor. The zero value works.
type Config struct {
	Backoff    time.Duration // wait before the first restart; doubled each time; default 100 ms
	BackoffMax time.Duration // longest wait; default 2 s
	Poll       time.Duration // time between two looks at Ready; default 25 ms
	Grace      time.Duration // what each process has to stop; default 15 s
	Patience   time.Duration // a process that is not ready for so long is reported Waiting; default 10 s
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&c.Backoff, 100*time.Millisecond)
	set(&c.BackoffMax, 2*time.Second)
	set(&c.Poll, 25*time.Millisecond)
	set(&c.Grace, 15*time.Second)
	set(&c.Patience, 10*time.Second)
	return c
}

// Supervisor runs one table once.
type Supervisor struct {
	cfg      Config
	rows     []*row // in the order of dependency
	report   func(Event)
	reporter sync.Mutex
	allReady chan struct{}
}

// New checks the table and sorts it by dependency. The report function hears
// what happens to each process, one event at a time; it must not call back.
func New(table []Process, cfg Config, report func(Event)) (*Supervisor, error) {
	sorted, err := sort(table)
	if err != nil {
		return nil, err
	}
	s := &Supervisor{cfg: cfg.withDefaults(), report: report, allReady: make(chan struct{})}
	byName := map[string]*row{}
	for _, p := range sorted {
		r := &row{Process: p, gone: make(chan struct{}), ready: make(chan struct{}), supervisor: s}
		for _, dep := range p.Deps {
			r.needs = append(r.needs, byName[dep])
			byName[dep].dependants = append(byName[dep].dependants, r)
		}
		byName[p.Name] = r
		s.rows = append(s.rows, r)
	}
	return s, nil
}

// Ready is closed when every process has been ready once.
func (s *Supervisor) Ready() <-chan struct{} { return s.allReady }

// Pid returns the number of a process as it runs now, 0 when it does not.
func (s *Supervisor) Pid(name string) int {
	for _, r := range s.rows {
		if r.Name == name {
			return int(r.pid.Load())
		}
	}
	return 0
}

// Names lists the processes in the order of their start.
func (s *Supervisor) Names() []string {
	var names []string
	for _, r := range s.rows {
		names = append(names, r.Name)
	}
	return names
}

// Run starts the table and keeps it alive until ctx ends; then it stops the
// processes in reverse and returns nil. A process that cannot be started the
// first time, or ends before it was ready, ends the whole with that error: a
// suite that never stood has nothing worth keeping.
func (s *Supervisor) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var rows sync.WaitGroup
	for _, r := range s.rows {
		rows.Go(func() {
			defer close(r.gone)
			if err := r.run(ctx); err != nil {
				cancel(startError{fmt.Errorf("%s: %w", r.Name, err)})
			}
		})
	}
	rows.Go(func() { s.awaitAll(ctx) })
	rows.Wait()
	if err, ok := errors.AsType[startError](context.Cause(ctx)); ok {
		return err.error
	}
	return nil
}

func (s *Supervisor) awaitAll(ctx context.Context) {
	for _, r := range s.rows {
		select {
		case <-r.ready:
		case <-ctx.Done():
			return
		}
	}
	close(s.allReady)
}

func (s *Supervisor) tell(e Event) {
	s.reporter.Lock()
	defer s.reporter.Unlock()
	if s.report != nil {
		s.report(e)
	}
}

// startError is the cause of an end that was not asked for.
type startError struct{ error }
