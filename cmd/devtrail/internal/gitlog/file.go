package gitlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// File is a regular file of a revision.
type File struct {
	// Path is its path from the root of the repository, with slashes: bytes, which need not be UTF-8.
	Path string
	// Blob is the id of its content.
	Blob string
}

// Files returns the regular files of a commit that keep wants, ordered by path.
func (r *Repository) Files(ctx context.Context, commit string, keep func(path string) bool) ([]File, error) {
	p, err := r.start(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var files []File
	tokens := tokenReader{from: p.stdout}
	for {
		token, err := tokens.next()
		if errors.Is(err, io.EOF) {
			return files, p.wait()
		}
		if err != nil {
			return nil, p.broken(err)
		}
		info, path, ok := strings.Cut(string(token), "\t")
		fields := strings.Fields(info)
		if !ok || len(fields) != 3 {
			return nil, p.broken(fmt.Errorf("unexpected line %q", token))
		}
		if strings.HasPrefix(fields[0], "100") && keep(path) {
			files = append(files, File{Path: path, Blob: fields[2]})
		}
	}
}

// Versions streams the changes of one file, newest first, as seen along the first parents of a commit, itself included.
// Each change has one old blob.
func (r *Repository) Versions(ctx context.Context, commit, path string) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		p, err := r.start(ctx, "log", "-z", "--first-parent", "--diff-merges=first-parent", "--no-renames",
			"--no-abbrev", "--raw", "--format=", commit, "--", ":(top,literal)"+path)
		if err != nil {
			yield(Change{}, err)
			return
		}
		tokens := tokenReader{from: p.stdout}
		for {
			change, err := versionOf(&tokens)
			if errors.Is(err, io.EOF) {
				if err := p.wait(); err != nil {
					yield(Change{}, err)
				}
				return
			}
			if err != nil {
				yield(Change{}, p.broken(err))
				return
			}
			if !yield(change, nil) {
				p.kill()
				return
			}
		}
	}
}

func versionOf(tokens *tokenReader) (Change, error) {
	for {
		token, err := tokens.next()
		if err != nil {
			return Change{}, err
		}
		line := strings.TrimPrefix(string(token), "\n")
		if line == "" {
			continue // the empty header of a commit
		}
		change, err := parseRaw(line)
		if err != nil {
			return Change{}, err
		}
		path, err := tokens.next()
		if err != nil {
			return Change{}, noEnd(err)
		}
		change.Path = string(path)
		return change, nil
	}
}
