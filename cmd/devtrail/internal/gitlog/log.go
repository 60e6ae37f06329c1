package gitlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Range says which commits to read.
type Range struct {
	// Tip is the newest commit; its ancestors are read too.
	Tip string
	// After, unless empty, leaves out this commit and its ancestors.
	After string
	// Only leaves out everything but Tip.
	Only bool
}

func (r Range) revisions() []string {
	if r.Only {
		return []string{"-1", r.Tip}
	}
	if r.After == "" {
		return []string{r.Tip}
	}
	return []string{r.Tip, "^" + r.After}
}

// headerFormat has one field a line; only the last may hold anything but a newline.
const headerFormat = "--format=commit %H%n%P%n%at%n%ct%n%aN%n%aE%n%cN%n%cE%n%s"

const headerFields = 9

// Commits streams the commits of a range, every commit after all its ancestors, in an order that depends on nothing but
// the history. Changes are kept for the paths that keep wants. One `git log` does all the work; it is killed
// when ctx ends or the loop is left. The first error ends the stream.
func (r *Repository) Commits(ctx context.Context, rng Range, keep func(path string) bool) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		args := []string{
			"log", "-z", "--reverse", "--topo-order", "--encoding=UTF-8", "--no-color", "--no-abbrev",
			"--no-diff-merges", "--no-renames", "--no-ext-diff", "--no-textconv", "--raw", "--numstat",
			headerFormat,
		}
		args = append(append(args, rng.revisions()...), "--")
		p, err := r.start(ctx, args...)
		if err != nil {
			yield(Commit{}, err)
			return
		}
		reader := logReader{tokens: tokenReader{from: p.stdout}, keep: keep}
		for {
			commit, err := reader.next()
			if errors.Is(err, io.EOF) {
				if err := p.wait(); err != nil {
					yield(Commit{}, r.lacking(ctx, err))
				}
				return
			}
			if err != nil {
				yield(Commit{}, r.lacking(ctx, p.broken(err)))
				return
			}
			if !yield(commit, nil) {
				p.kill()
				return
			}
		}
	}
}

// lacking adds to a failure of the log what to do about it in a partial clone. Lines are counted in every version of every file, and counts that leave some out
// would be wrong for ever.
func (r *Repository) lacking(ctx context.Context, err error) error {
	if out, _ := r.output(ctx, "config", "--get-regexp", `^remote\..*\.promisor$`); out == "" {
		return err
	}
	return fmt.Errorf("%w (this is a partial clone, and a history is read from a whole one: git fetch --refetch --no-filter)", err)
}

// Count returns how many commits a range has.
func (r *Repository) Count(ctx context.Context, rng Range) (int, error) {
	out, err := r.output(ctx, append(append([]string{"rev-list", "--count"}, rng.revisions()...), "--")...)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(out))
}

// logReader puts the NUL-terminated tokens of git log together. Their first bytes tell them apart: a header begins
// with "commit ", a raw line with a colon (the first one after a newline), a numstat line with a digit or a dash.
type logReader struct {
	tokens tokenReader
	keep   func(path string) bool
	// header is that of the next commit, when it was read already.
	header []byte
}

func (l *logReader) next() (Commit, error) {
	if l.header == nil {
		token, err := l.tokens.next()
		if err != nil {
			return Commit{}, err
		}
		l.header = bytes.Clone(token)
	}
	commit, err := parseHeader(string(l.header))
	l.header = nil
	if err != nil {
		return Commit{}, err
	}
	for {
		token, err := l.tokens.next()
		if errors.Is(err, io.EOF) {
			return commit, nil
		}
		if err != nil {
			return Commit{}, err
		}
		token = bytes.TrimPrefix(token, []byte("\n"))
		switch {
		case len(token) == 0:
		case token[0] == ':':
			err = l.raw(&commit, string(token))
		case token[0] == 'c':
			l.header = bytes.Clone(token)
			return commit, nil
		default:
			err = numstat(&commit, token)
		}
		if err != nil {
			return Commit{}, err
		}
	}
}

func (l *logReader) raw(commit *Commit, line string) error {
	path, err := l.tokens.next()
	if err != nil {
		return noEnd(err)
	}
	commit.Files++
	name := string(path)
	if !l.keep(name) {
		return nil
	}
	change, err := parseRaw(line)
	if err != nil {
		return err
	}
	change.Path = name
	if change.New != change.Old[0] {
		commit.Changes = append(commit.Changes, change)
	}
	return nil
}

func numstat(commit *Commit, line []byte) error {
	added, rest, ok := bytes.Cut(line, []byte("\t"))
	removed, _, more := bytes.Cut(rest, []byte("\t"))
	if !ok || !more {
		return fmt.Errorf("unexpected line %q", line)
	}
	if added[0] == '-' { // A binary file.
		return nil
	}
	a, err := strconv.Atoi(string(added))
	if err != nil {
		return fmt.Errorf("unexpected line %q", line)
	}
	b, err := strconv.Atoi(string(removed))
	if err != nil {
		return fmt.Errorf("unexpected line %q", line)
	}
	commit.Added += a
	commit.Removed += b
	return nil
}

func parseHeader(header string) (Commit, error) {
	rest, ok := strings.CutPrefix(header, "commit ")
	fields := strings.SplitN(rest, "\n", headerFields)
	if !ok || len(fields) != headerFields {
		return Commit{}, fmt.Errorf("unexpected header %q", header)
	}
	return Commit{
		ID:          fields[0],
		Parents:     strings.Fields(fields[1]),
		AuthoredAt:  parseTime(fields[2]),
		CommittedAt: parseTime(fields[3]),
		Author:      person(fields[4], fields[5]),
		Committer:   person(fields[6], fields[7]),
		Subject:     fields[8],
	}, nil
}

// person is nobody where the commit has no name and address that git can read: it prints what it was asked for then.
func person(name, email string) Person {
	if p := (Person{Name: name, Email: email}); p != (Person{Name: "%aN", Email: "%aE"}) && p != (Person{Name: "%cN", Email: "%cE"}) {
		return p
	}
	return Person{}
}

func parseTime(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// parseRaw reads a line of raw output: as many colons as parents, then the modes and ids of parents and child.
func parseRaw(line string) (Change, error) {
	fields := strings.Fields(strings.TrimLeft(line, ":"))
	parents := len(line) - len(strings.TrimLeft(line, ":"))
	if len(fields) != 2*parents+3 {
		return Change{}, fmt.Errorf("unexpected line %q", line)
	}
	modes, ids := fields[:parents+1], fields[parents+1:2*parents+2]
	for i, mode := range modes {
		if !strings.HasPrefix(mode, "100") { // No file, a symbolic link or a submodule.
			ids[i] = ""
		}
	}
	return Change{Old: ids[:parents:parents], New: ids[parents]}, nil
}

func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
