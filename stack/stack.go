// Package stack runs the whole suite on one machine without Docker: the
// database engines and the four services, each a process of its own, under a
// supervisor. It stands beside the path of a request: `devtrail up`, `demo`
// and the end-to-end tests start the suite with [Up] and then speak gRPC to it
// like anybody else.
//
// There is one executable and many processes: a program that calls [Up] must
// call [MaybeRun] first thing in main or TestMain.
package stack

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"devtrail.dev/stack/supervisor"
)

// Config says how the suite runs. The zero value works: it runs in the data
// folder of the place one stands in, on ClickHouse, on the usual ports.
type Config struct {
	DataDir     string       // see [FindDataDir]; made when absent
	EventsStore string       // StoreClickHouse (default) or StorePostgres
	Environ     []string     // settings, "NAME=value"; the environment of this process when nil
	FreePorts   bool         // services listen on any free ports instead of the usual ones, for tests
	Progress    io.Writer    // sentences for people while engines are fetched; may be nil
	Report      func(Event)  // what happens to each process; may be nil
	Note        func(string) // sentences for people about choices that were made; may be nil
}

// Event is one change in the life of a process.
type Event = supervisor.Event

// What can happen to a process; see package supervisor.
const (
	Starting = supervisor.Starting
	Waiting  = supervisor.Waiting
	Ready    = supervisor.Ready
	Ended    = supervisor.Ended
	Stopped  = supervisor.Stopped
)

// The stores of events.
const (
	StoreClickHouse = "clickhouse"
	StorePostgres   = "postgres"
)

// Suite is a suite that stands: every service said SERVING.
type Suite struct {
	State      State
	home       *home
	supervisor *supervisor.Supervisor
	cancel     context.CancelFunc
	done       chan struct{}
	err        error
}

// Up starts the suite and returns when every service is SERVING. The suite
// ends when ctx does or Stop is called. Errors are sentences for people;
// errors.As knows *RunningError.
func Up(ctx context.Context, cfg Config) (*Suite, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	home, err := openHome(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	suite, err := up(ctx, cfg, home)
	if err != nil {
		home.Close()
		return nil, err
	}
	return suite, nil
}

func up(ctx context.Context, cfg Config, home *home) (*Suite, error) {
	// What a killed run left would tell others, from now on, that it stands: they believe the file while the lock is held.
	var err error
	if home.unclean, err = takeState(home.dir); err != nil {
		return nil, err
	}
	keys, err := loadKeys(home.path(keysFile))
	if err != nil {
		return nil, err
	}
	plan, err := newPlan(ctx, cfg, home, keys)
	if err != nil {
		return nil, err
	}
	sup, err := supervisor.New(plan.table(), supervisor.Config{}, cfg.Report)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(ctx)
	s := &Suite{
		State: State{
			PID: os.Getpid(), StartedAt: time.Now().UTC().Truncate(time.Second), EventsStore: cfg.EventsStore,
			Endpoints: plan.endpoints(), HTTP: plan.httpEndpoints(), Keys: keys.public(),
		},
		home:       home,
		supervisor: sup,
		cancel:     cancel,
		done:       make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		defer home.Close()
		s.err = sup.Run(running)
		if s.err == nil {
			// A clean stop: nothing is left behind that the next start must wait for.
			s.err = removeState(home.dir)
		}
	}()
	select {
	case <-sup.Ready():
	case <-s.done:
		cancel()
		if s.err != nil {
			return nil, s.err
		}
		return nil, ctx.Err()
	}
	if err := s.settle(running, plan); err != nil {
		return nil, err
	}
	return s, nil
}

// settle does what remains once every service is SERVING.
func (s *Suite) settle(ctx context.Context, p *plan) error {
	err := ensureKeys(ctx, p, &s.State)
	if err == nil {
		err = writeState(p.home.dir, s.State)
	}
	if err != nil {
		_ = s.Stop() // the first error is the one that helps
	}
	return err
}

func (c Config) withDefaults() (Config, error) {
	if c.Environ == nil {
		c.Environ = os.Environ()
	}
	if c.DataDir == "" {
		dir, err := FindDataDir(".")
		if err != nil {
			return c, err
		}
		c.DataDir = dir
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, err
	}
	c.DataDir = dir
	said := "events store"
	if c.EventsStore == "" {
		said = "EVENTS_STORE"
		c.EventsStore = c.getenv(said)
	}
	switch c.EventsStore {
	case "":
		c.EventsStore = StoreClickHouse
	case StoreClickHouse, StorePostgres:
	default:
		return c, fmt.Errorf("%s %q: it is %s or %s", said, c.EventsStore, StoreClickHouse, StorePostgres)
	}
	if c.Note == nil {
		c.Note = func(string) {}
	}
	return c, nil
}

// getenv looks a setting up; the last of several counts, as in a process.
func (c Config) getenv(name string) string {
	for _, entry := range slices.Backward(c.Environ) {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}

// Done is closed when the suite is gone.
func (s *Suite) Done() <-chan struct{} { return s.done }

// Stop stops the suite in reverse order and returns when every process is
// gone. It may be called more than once.
func (s *Suite) Stop() error {
	s.cancel()
	<-s.done
	return s.err
}

// Pid returns the number of a process (postgres, clickhouse, or a service) as
// it runs now, 0 when it does not.
func (s *Suite) Pid(process string) int { return s.supervisor.Pid(process) }

// Processes lists the processes in the order of their start.
func (s *Suite) Processes() []string { return s.supervisor.Names() }

// DataDir is the folder of databases, keys and logs.
func (s *Suite) DataDir() string { return s.home.dir }

// LogDir is the folder with a log file for each process.
func (s *Suite) LogDir() string { return s.home.path(logsDir) }
