package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrPortTaken reports that another program listens on the wanted port.
var ErrPortTaken = errors.New("port taken")

// ErrInUse reports that a data folder belongs to a server that is running.
var ErrInUse = errors.New("data folder in use")

// startGrace bounds a start. A warm one takes well below a second; recovery
// after a crash and a slow disk take longer.
const startGrace = 2 * time.Minute

// stopGrace is how long Stop waits for an orderly end.
const stopGrace = 15 * time.Second

// Server is a running engine: a child process that this process owns. It ends
// with Stop, by itself (then Err says why), or with its parent.
type Server struct {
	behind   int // the native port behind ClickHouse's relay
	cmd      *exec.Cmd
	done     chan struct{}
	err      error // written before done is closed
	explain  func(log string) error
	forced   syscall.Signal // sent when the orderly end takes too long
	hold     *os.File       // the other end of ClickHouse's lifeline
	httpPort int
	kind     Kind
	lock     *fileLock // on the data folder, released when the process ended
	log      *logFile
	port     int
	request  func() error // asks for an orderly end
	started  chan error
	stopping atomic.Bool
	url      string
}

// URL returns the address that clients of the engine dial, with credentials:
// postgres://... or clickhouse://... (native protocol).
func (s *Server) URL() string { return s.url }

// Port returns the TCP port of the Postgres or the native ClickHouse protocol.
func (s *Server) Port() int { return s.port }

// HTTPPort returns ClickHouse's HTTP port, 0 for Postgres.
func (s *Server) HTTPPort() int { return s.httpPort }

// Pid returns the number of the engine's process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Done is closed when the process has ended and everything of it is released.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns why the server ended by itself. It is nil while the server runs
// and after an end that Stop asked for.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends the server in an orderly way: clients are disconnected, data is
// written. When ctx ends first, or after 15 seconds, it is ended by force and
// an error says so; the data recovers at the next start. Stop returns when the
// process is gone and may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stopping.Store(true)
	select {
	case <-s.done:
		return nil
	default:
	}
	if err := s.request(); err == nil {
		grace := time.NewTimer(stopGrace)
		defer grace.Stop()
		select {
		case <-s.done:
			return nil
		case <-grace.C:
		case <-ctx.Done():
		}
	}
	s.force()
	return fmt.Errorf("%s did not stop in time and was ended by force", s.kind.title())
}

// force ends the process without asking and waits until it is gone.
func (s *Server) force() {
	for _, sig := range []syscall.Signal{s.forced, syscall.SIGKILL} {
		_ = s.cmd.Process.Signal(sig) // an error means that it is gone
		select {
		case <-s.done:
			return
		case <-time.After(5 * time.Second):
		}
	}
	<-s.done
}

// start launches the process and returns once it runs.
func (s *Server) start() error {
	s.done = make(chan struct{})
	s.started = make(chan error, 1)
	s.cmd.Stdout, s.cmd.Stderr = s.log.file, s.log.file
	go s.run()
	return <-s.started
}

// run starts the process and waits for it on one locked thread: the kernel
// ties dieWithParent to the thread, not to the process. Done tells the owner
// when this goroutine is over.
func (s *Server) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	if err := s.cmd.Start(); err != nil {
		s.err = fmt.Errorf("start %s: %w", s.kind.title(), err)
		s.started <- s.err
		s.release()
		return
	}
	s.started <- nil
	end := s.cmd.Wait()
	if !s.stopping.Load() {
		s.err = s.failure(end)
	}
	s.release()
}

func (s *Server) release() {
	_ = s.log.file.Close()
	if s.hold != nil {
		_ = s.hold.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// failure says why the process ended unasked, from its own log.
func (s *Server) failure(end error) error {
	tail := s.log.tail()
	// The log of a killed process does not know why.
	if state, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && !state.Signaled() {
		if err := s.explain(tail); err != nil {
			return err
		}
	}
	how := "it exited without an error code"
	if end != nil {
		how = end.Error()
	}
	return fmt.Errorf("%s ended by itself (%s): %s (log: %s)", s.kind.title(), how, lastLine(tail), s.log.path)
}

// awaitReady polls probe until the server answers, ends, or ctx does; then it
// is stopped and the reason returned.
func (s *Server) awaitReady(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startGrace)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			select {
			case <-s.done: // another program answered on the port
				return s.err
			default:
				return nil
			}
		}
		select {
		case <-s.done:
			return s.err
		case <-ctx.Done():
			s.stopping.Store(true)
			s.force()
			return fmt.Errorf("%s was not ready in time: %w: %w", s.kind.title(), context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}
