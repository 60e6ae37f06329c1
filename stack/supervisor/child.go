package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	lifeline, hold, err := os.Pipe()
	if err != nil {
		log.Close()
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
		hold.Close()
		log.Close()
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	child := &Child{cmd: cmd, done: make(chan struct{}), hold: hold, log: log}
	go child.wait()
	return child, nil
}

// wait ends when the process does; Done tells the owner.
func (c *Child) wait() {
	defer close(c.done)
	end := c.cmd.Wait()
	c.hold.Close()
	c.log.Close()
	if !c.stopping.Load() {
		c.err = describe(end)
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

// describe turns the end of a process into the word that people know:
// "killed", "exit status 1".
func describe(end error) error {
	var exit *exec.ExitError
	if errors.As(end, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return errors.New(status.Signal().String())
		}
	}
	if end == nil {
		return errors.New("exit status 0")
	}
	return end
}

// logLimit is the size at which a log is put aside when its process starts.
const logLimit = 16 << 20

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the log: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("put the log aside: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return log, nil
}
