package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"devtrail.dev/kit/pause"
	"devtrail.dev/stack/engines"
)

// engine is the database in processes of its own, with a disk that is told to sync.
type engine struct {
	disk  *volume
	store string

	mu     sync.Mutex // one fault at a time
	server *engines.Server
}

func (e *engine) dir() string { return filepath.Join(e.disk.dir, "data") }

// start starts the database, again at the ports that it had.
func (e *engine) start(ctx context.Context) error {
	port, httpPort := 0, 0
	if e.server != nil {
		port, httpPort = e.server.Port(), e.server.HTTPPort()
	}
	var err error
	if e.store == Postgres {
		e.server, err = engines.StartPostgres(ctx, engines.PostgresConfig{DataDir: e.dir(), Durable: true, Port: port, Trust: true})
	} else {
		e.server, err = engines.StartClickHouse(ctx, engines.ClickHouseConfig{DataDir: e.dir(), HTTPPort: httpPort, MemoryRatio: 0.2, TCPPort: port})
	}
	return err
}

// kill ends the database as kill -9 does and starts it again after a while.
func (e *engine) kill(ctx context.Context, away time.Duration, between func() error) error {
	if err := syscall.Kill(e.server.Pid(), syscall.SIGKILL); err != nil {
		return err
	}
	<-e.server.Done()
	if between != nil {
		if err := between(); err != nil {
			return err
		}
	}
	if pause.For(ctx, away) != nil {
		return context.Cause(ctx)
	}
	return e.start(ctx)
}

// killSession ends one session of Postgres as kill -9 does: the server then ends all of them and recovers.
func (e *engine) killSession(chance *rand.Rand) error {
	sessions, err := children(e.server.Pid())
	if err != nil || len(sessions) == 0 {
		return err
	}
	err = syscall.Kill(sessions[chance.IntN(len(sessions))], syscall.SIGKILL)
	if err == syscall.ESRCH { //nolint:errorlint // a number of the kernel's
		return nil
	}
	return err
}

// stop stops all processes of the database as SIGSTOP does, for a time.
func (e *engine) stop(ctx context.Context, d time.Duration) error {
	sessions, err := e.freeze()
	if err != nil {
		return err
	}
	pids := append([]int{e.server.Pid()}, sessions...)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // it may be gone
	}
	_ = pause.For(ctx, d)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	return nil
}

// freeze stops the database's first process, so that it makes no others, and returns those that it has made.
func (e *engine) freeze() (sessions []int, err error) {
	if err := syscall.Kill(e.server.Pid(), syscall.SIGSTOP); err != nil {
		return nil, err
	}
	return children(e.server.Pid())
}

// children are the processes that a process has started.
func children(pid int) ([]int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // the thread is gone
		}
		for field := range strings.FieldsSeq(string(data)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			pids = append(pids, child)
		}
	}
	return pids, nil
}
