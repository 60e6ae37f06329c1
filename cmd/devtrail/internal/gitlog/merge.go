package gitlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// MergeReader tells what merges have that none of their parents had. It belongs to one goroutine and must be closed.
type MergeReader struct {
	process *process
	tokens  tokenReader
}

// Merges starts a reader. It compares trees and reads no file, so it is cheap next to a log with line counts.
func (r *Repository) Merges(ctx context.Context) (*MergeReader, error) {
	p, err := r.start(ctx, "diff-tree", "--stdin", "-c", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--always")
	if err != nil {
		return nil, err
	}
	return &MergeReader{process: p, tokens: tokenReader{from: p.stdout}}, nil
}

// endMark is no object id, so diff-tree echoes it at once and thereby flushes what it said about the merge before.
const endMark = "end\n"

// Read returns the files that differ from every parent and that keep wants, each with one old blob a parent.
func (m *MergeReader) Read(commit string, keep func(path string) bool) ([]Change, error) {
	if _, err := io.WriteString(m.process.stdin, commit+"\n"+endMark); err != nil {
		return nil, m.process.broken(err)
	}
	if _, err := m.tokens.next(); err != nil { // the commit's id
		return nil, m.process.broken(noEnd(err))
	}
	var changes []Change
	for {
		next, err := m.tokens.from.Peek(len(endMark))
		if err != nil {
			return nil, m.process.broken(noEnd(err))
		}
		if bytes.Equal(next, []byte(endMark)) {
			_, err = m.tokens.from.Discard(len(endMark))
			return changes, err
		}
		change, err := m.change()
		if err != nil {
			return nil, m.process.broken(noEnd(err))
		}
		if keep(change.Path) && differs(change) {
			changes = append(changes, change)
		}
	}
}

func (m *MergeReader) change() (Change, error) {
	line, err := m.tokens.next()
	if err != nil {
		return Change{}, err
	}
	if len(line) == 0 || line[0] != ':' {
		return Change{}, fmt.Errorf("unexpected line %q", line)
	}
	change, err := parseRaw(string(line))
	if err != nil {
		return Change{}, err
	}
	path, err := m.tokens.next()
	change.Path = string(path)
	return change, err
}

// differs says whether the content differs from every parent; a new mode alone is no difference.
func differs(change Change) bool {
	for _, old := range change.Old {
		if old == change.New {
			return false
		}
	}
	return true
}

// Close ends the process.
func (m *MergeReader) Close() { m.process.kill() }
