// Package gitfixture makes Git repositories for tests and benchmarks: commit by commit through a Writer, or a whole one that looks
// like a real product's through Generate. The same calls make the same object ids, whoever runs them and wherever.
package gitfixture

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Options say what kind of repository to make. The zero value is a bare one with SHA-1.
type Options struct {
	// ObjectFormat is `sha1` or `sha256`; empty means `sha1`.
	ObjectFormat string
	// Remote, unless empty, is the address of the remote named origin.
	Remote string
}

// Person is an author or committer.
type Person struct{ Name, Email string }

// Entry is what a commit makes of a path.
type Entry struct {
	// Mode is the file mode; empty means a regular file, `100644`.
	Mode string
	// Content is the file's new content, or the target of a symbolic link.
	Content string
	// Object, unless empty, is an object id instead of a content: the commit of a submodule.
	Object string
	// Removed removes the path.
	Removed bool
}

// Commit is a commit to write.
type Commit struct {
	// Branch is the branch it is made on; empty means `main`.
	Branch string
	// Parents are the numbers of earlier commits; none makes a root commit. The tree starts as that of the first one.
	Parents []int
	// Author and Committer; a committer without name is the author.
	Author, Committer Person
	// At is the author's time; CommittedAt, unless zero, the committer's.
	At, CommittedAt time.Time
	// Message is the commit message.
	Message string
	// Encoding, unless empty, is the encoding that the commit states for its message.
	Encoding string
	// Files are the changes by path.
	Files map[string]Entry
}

// Writer writes a repository through git fast-import. Close must be called.
type Writer struct {
	dir     string
	ctx     context.Context
	process *exec.Cmd
	stdin   io.WriteCloser
	out     *bufio.Writer
	stderr  bytes.Buffer
	commits int
	last    map[string]int
}

// New makes an empty bare repository in dir, which must not exist or be empty.
func New(ctx context.Context, dir string, options Options) (*Writer, error) {
	format := options.ObjectFormat
	if format == "" {
		format = "sha1"
	}
	if err := git(ctx, dir, "init", "--quiet", "--bare", "--initial-branch=main", "--object-format="+format, dir); err != nil {
		return nil, err
	}
	if options.Remote != "" {
		if err := git(ctx, dir, "-C", dir, "config", "remote.origin.url", options.Remote); err != nil {
			return nil, err
		}
	}
	w := &Writer{dir: dir, ctx: ctx, last: map[string]int{}}
	w.process = command(ctx, "-C", dir, "fast-import", "--quiet", "--force")
	w.process.Stderr = &w.stderr
	stdin, err := w.process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start git fast-import: %w", err)
	}
	if err := w.process.Start(); err != nil {
		return nil, fmt.Errorf("start git fast-import: %w", err)
	}
	w.stdin, w.out = stdin, bufio.NewWriterSize(stdin, 1<<20)
	return w, nil
}

// Commit writes a commit and returns its number. Numbers count from 1. A failure of git shows in Close.
func (w *Writer) Commit(c Commit) int {
	w.commits++
	branch := c.Branch
	if branch == "" {
		branch = "main"
	}
	if len(c.Parents) == 0 {
		w.printf("reset refs/heads/%s\n\n", branch)
	}
	committer, at := c.Committer, c.CommittedAt
	if committer.Name == "" {
		committer = c.Author
	}
	if at.IsZero() {
		at = c.At
	}
	w.printf("commit refs/heads/%s\nmark :%d\n", branch, w.commits)
	w.printf("author %s <%s> %d +0000\n", c.Author.Name, c.Author.Email, c.At.Unix())
	w.printf("committer %s <%s> %d +0000\n", committer.Name, committer.Email, at.Unix())
	if c.Encoding != "" {
		w.printf("encoding %s\n", c.Encoding)
	}
	w.data(c.Message)
	for i, parent := range c.Parents {
		w.printf("%s :%d\n", [2]string{"from", "merge"}[min(i, 1)], parent)
	}
	for _, path := range slices.Sorted(maps.Keys(c.Files)) {
		w.entry(path, c.Files[path])
	}
	w.printf("\n")
	w.last[branch] = w.commits
	return w.commits
}

// Last returns the number of the newest commit of a branch, or 0.
func (w *Writer) Last(branch string) int { return w.last[branch] }

func (w *Writer) entry(path string, e Entry) {
	mode := e.Mode
	if mode == "" {
		mode = "100644"
	}
	switch {
	case e.Removed:
		w.printf("D %s\n", quote(path))
	case e.Object != "":
		w.printf("M %s %s %s\n", mode, e.Object, quote(path))
	default:
		w.printf("M %s inline %s\n", mode, quote(path))
		w.data(e.Content)
	}
}

func (w *Writer) data(content string) {
	w.printf("data %d\n", len(content))
	_, _ = w.out.WriteString(content)
	w.printf("\n")
}

// A write fails only when git has ended; Close then says why.
func (w *Writer) printf(format string, args ...any) { _, _ = fmt.Fprintf(w.out, format, args...) }

// Close ends the repository and returns git's failure, if there was one.
func (w *Writer) Close() error {
	_ = w.out.Flush()
	_ = w.stdin.Close()
	if err := w.process.Wait(); err != nil {
		return fmt.Errorf("git fast-import: %w: %s", err, w.stderr.String())
	}
	return nil
}

// quote writes a path as fast-import wants it.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func git(ctx context.Context, dir string, args ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make %q: %w", dir, err)
	}
	out, err := command(ctx, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// command runs git without the settings of the machine.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "GIT_")
	}), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "LC_ALL=C")
	return cmd
}
