package gitlog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings keep a user's configuration from changing what git prints: its form, the counts of lines and, by a mailmap of his own, the people. The larger delta cache spares cat-file and log
// from unpacking long delta chains of lock files again and again.
var settings = []string{
	"-c", "log.follow=false",
	"-c", "log.showRoot=true",
	"-c", "log.showSignature=false",
	"-c", "diff.orderFile=" + os.DevNull,
	"-c", "diff.relative=false",
	"-c", "diff.algorithm=myers",
	"-c", "core.attributesFile=" + os.DevNull,
	"-c", "core.bigFileThreshold=512m",
	"-c", "mailmap.file=",
	"-c", "diff.ignoreSubmodules=none",
	"-c", "core.quotePath=false",
	"-c", "core.deltaBaseCacheLimit=256m",
}

// environment returns ours without the variables that would make git read another repository than the one named,
// and without replaced objects, which exist on one machine only.
func environment() []string {
	local := []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
		"GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
		"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_TRACE", "LC_ALL", "LANGUAGE",
		"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
	}
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(local, name)
	})
	return append(env, "LC_ALL=C", "GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_PAGER=")
}

// process is a running git. Close must be called; it waits for the end.
type process struct {
	name   string
	cmd    *exec.Cmd
	ctx    context.Context // the caller's; tells a kill of ours from a failure of git
	cancel context.CancelFunc
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *tail
}

// start runs git in the repository. The process is killed when ctx ends.
func (r *Repository) start(ctx context.Context, args ...string) (*process, error) {
	own, cancel := context.WithCancel(ctx)
	p := &process{name: "git " + args[0], ctx: ctx, cancel: cancel, stderr: &tail{}}
	p.cmd = exec.CommandContext(own, "git", slices.Concat([]string{"-C", r.dir}, settings, args)...)
	p.cmd.Env = environment()
	p.cmd.Stderr = p.stderr
	// Ctrl-C reaches every process of the terminal's group. Git must not die of it before we know: its death would look like a failure.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A grandchild that keeps the pipes open must not keep us waiting.
	p.cmd.WaitDelay = 5 * time.Second
	stdin, err := p.cmd.StdinPipe()
	if err == nil {
		p.stdin = stdin
		var stdout io.Reader
		if stdout, err = p.cmd.StdoutPipe(); err == nil {
			p.stdout = bufio.NewReaderSize(stdout, 256<<10)
			err = p.cmd.Start()
		}
	}
	if err != nil {
		cancel()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, errors.New("git is not installed or not in PATH")
		}
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return p, nil
}

// wait ends the process's input, waits for its end and says why it failed, if it did. All output must have been read.
func (p *process) wait() error {
	defer p.cancel()
	_ = p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		return p.failure(err)
	}
	return nil
}

// kill ends the process without asking and waits for its end.
func (p *process) kill() {
	p.cancel()
	_ = p.stdin.Close()
	_ = p.cmd.Wait()
}

// broken ends the process after a read or write failed with err, and returns the better of the two reasons.
func (p *process) broken(err error) error {
	if ended := p.waitOrKill(err); ended != nil {
		return ended
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

func (p *process) waitOrKill(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) {
		return p.wait()
	}
	p.kill()
	return p.ctx.Err()
}

func (p *process) failure(err error) error {
	if cause := p.ctx.Err(); cause != nil {
		return cause
	}
	if said := p.stderr.String(); said != "" {
		return fmt.Errorf("%s: %s", p.name, said)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// output runs git to its end and returns what it printed.
func (r *Repository) output(ctx context.Context, args ...string) (string, error) {
	p, err := r.start(ctx, args...)
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(p.stdout)
	if err != nil {
		return "", p.broken(err)
	}
	return string(out), p.wait()
}

// tail keeps the end of what git says on its standard error.
type tail struct{ kept []byte }

const tailSize = 2048

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - tailSize; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(b), nil
}

// String returns the kept text as one line. It must be called after the process has ended.
func (t *tail) String() string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(t.kept), "?")), " ")
}
