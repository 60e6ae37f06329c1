package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
)

// Command says how to launch a child.
type Command struct {
	Path    string   // the executable
	Args    []string // with the name that lists of processes show in front
	Env     []string // the whole environment
	Dir     string   // where it runs; ours when empty
	LogFile string   // what it prints is added to this file, made with mode 0600
}

// Child is a started process of ours. It implements Running.
type Child struct {
	cmd      *exec.Cmd
	done     chan struct{}
	err      error
	hold     *os.File // our end of the lifeline
	log      *os.File
	logFile  string
	logStart int64 // size of the log before this life
	stopping atomic.Bool
}

// EnvLifeline names the variable that tells a child the number of the file to
// watch; see [WatchLifeline].
const EnvLifeline = "DEVTRAIL_LIFELINE"

// StartChild launches the command in a process group of its own, so that
// Ctrl-C in a terminal reaches us alone and children stop in order.
func StartChild(c Command) (*Child, error) {
	log, err := openLog(c.LogFile)
	if err != nil {
		return nil, err
	}
	child := &Child{done: make(chan struct{}), log: log, logFile: c.LogFile}
	if info, err := log.Stat(); err == nil {
		child.logStart = info.Size()
	}
	lifeline, hold, err := os.Pipe()
	if err != nil {
		_ = log.Close()
		return nil, err
	}
	defer lifeline.Close()
	cmd := &exec.Cmd{
		Path: c.Path, Args: c.Args, Dir: c.Dir,
		Env:         append(c.Env, EnvLifeline+"=3"), // the first of ExtraFiles
		ExtraFiles:  []*os.File{lifeline},
		Stdout:      log,
		Stderr:      log,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if err := cmd.Start(); err != nil {
		_ = hold.Close()
		_ = log.Close()
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	child.cmd, child.hold = cmd, hold
	go child.wait()
	return child, nil
}

// wait ends when the process does; Done tells the owner.
func (c *Child) wait() {
	defer close(c.done)
	end := c.cmd.Wait()
	_ = c.hold.Close()
	_ = c.log.Close()
	if !c.stopping.Load() {
		c.err = c.describe(end)
	}
}

// Done is closed when the process is gone.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err says how the process ended by itself.
func (c *Child) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Pid returns the number of the process.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Stop asks the process to end with SIGTERM and kills it when ctx ends first.
func (c *Child) Stop(ctx context.Context) error {
	c.stopping.Store(true)
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // an error means that it is gone
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		_ = c.cmd.Process.Kill()
		<-c.done
		return errors.New("it did not stop in time and was killed")
	}
}

// describe turns the end of a process into words that help: "killed", or
// "exit status 1" with the last line that it wrote.
func (c *Child) describe(end error) error {
	if end == nil {
		return errors.New("exit status 0")
	}
	var exit *exec.ExitError
	if errors.As(end, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return errors.New(status.Signal().String())
		}
	}
	if line := lastLine(c.logFile, c.logStart); line != "" {
		return fmt.Errorf("%w: %s", end, line)
	}
	return end
}
