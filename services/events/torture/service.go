package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/server"
)

// envService makes this executable the events service; its value is orders as JSON.
const envService = "DEVTRAIL_TORTURE_SERVICE"

// orders are what the service of a run has that others have not.
type orders struct {
	NoDedupe   bool
	NoReadBack bool
	Notes      string // folder of the disk's notes
}

// RunIfService must be called first thing in main or TestMain: in a process that Run has started from the same executable it is the events service as it
// is shipped, and never returns.
func RunIfService() {
	text := os.Getenv(envService)
	if text == "" {
		return
	}
	server.Prepare()
	go endWithParent() // which ends this process, or ends with it
	var o orders
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = server.RunWith(context.Background(), os.Getenv, os.Stderr, server.Seams{
			Disk:   &disk{FS: vfs.Default, notes: o.Notes},
			Engine: o.weaken,
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// lifeline is the file number of the pipe that breaks when the process that has started the service is gone, however it ended.
const lifeline = 3

func endWithParent() {
	_, _ = io.Copy(io.Discard, os.NewFile(lifeline, "lifeline"))
	os.Exit(1)
}

// service is the events service in a process of its own.
type service struct {
	orders   orders
	settings map[string]string
	stderr   string // file

	mu       sync.Mutex // one fault at a time
	cmd      *exec.Cmd
	gone     chan struct{} // closed when the process has ended
	watching sync.WaitGroup
	asked    atomic.Bool  // it may end
	failed   atomic.Value // why it ended although nobody asked it to, a string
}

// start starts the process and waits until it listens.
func (s *service) start(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	what, err := json.Marshal(s.orders)
	if err != nil {
		return err
	}
	stderr, err := os.OpenFile(s.stderr, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer stderr.Close()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), exe)
	cmd.Env = []string{envService + "=" + string(what), "LOG_LEVEL=warn", "TMPDIR=" + os.TempDir()}
	for name, value := range s.settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stderr = stderr
	end, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	cmd.ExtraFiles = []*os.File{end} // becomes lifeline
	if err := cmd.Start(); err != nil {
		return errors.Join(err, hold.Close())
	}
	s.asked.Store(false)
	gone := make(chan struct{})
	s.cmd, s.gone = cmd, gone
	s.watching.Go(func() {
		defer close(gone)
		defer hold.Close()
		err := cmd.Wait()
		if !s.asked.Load() {
			s.failed.Store(fmt.Sprintf("the service ended unasked: %v", err))
		}
	})
	for {
		if listening(ctx, s.settings["EVENTS_ADDRESS"]) {
			return nil
		}
		select {
		case <-gone:
			return s.told(errors.New("the service does not start"))
		default:
		}
		if pause.For(ctx, pace) != nil {
			return context.Cause(ctx)
		}
	}
}

// runs tells whether the process has not ended.
func (s *service) runs() bool {
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// kill ends the process as kill -9 does, and waits.
func (s *service) kill() {
	s.asked.Store(true)
	_ = s.cmd.Process.Kill() // an error means that it is gone
	<-s.gone
}

// stop stops the process as SIGSTOP does, for a time.
func (s *service) stop(ctx context.Context, d time.Duration) error {
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	_ = pause.For(ctx, d)
	return s.cmd.Process.Signal(syscall.SIGCONT)
}

// broken is the error of a service that ended by itself.
func (s *service) broken() error {
	if reason, ok := s.failed.Load().(string); ok {
		return s.told(errors.New(reason))
	}
	return nil
}

// told adds what the service wrote last.
func (s *service) told(err error) error {
	data, readErr := os.ReadFile(s.stderr)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return fmt.Errorf("%w; it wrote last: %s", err, strings.Join(lines[max(0, len(lines)-12):], "\n"))
}

// listening tells whether somebody takes connections at an address.
func listening(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
