// Package manifest reads lock files and manifests: the bytes of one file become the canonical purls of the packages that it names.
//
// It is pure: no network, no disk, no database, no gRPC. On the path of a request it stands behind InventoryService; the Git importer calls it for each
// version of each lock file of a history. Some formats are read by osv-scalibr's extractors over a file system that has nothing but the one file; the
// formats where an extractor costs more than linear time, or hides what is local to the workspace or in a repository, have a reader here.
package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"devtrail.dev/kit/fault"
)

// Limits of one file.
const (
	// MaxBytes is the size of the largest file that is read.
	MaxBytes = 16 << 20
	// MaxEntries is how many packages a file may name, repetitions included.
	MaxEntries = 200_000
	// MaxSeconds is how long one file may take to be read, and how long it waits for a place before.
	MaxSeconds = 10
	// MaxNesting is how deep brackets may nest; the recursive parsers would exhaust the stack otherwise, which no recover catches.
	MaxNesting = 10_000
)

var (
	// ErrBusy is the kind of a file that found no reader in time, since others take theirs.
	ErrBusy = fault.New(fault.Unavailable, "MANIFEST_READERS_BUSY", "too many files are read at the same time; repeat the call")
	// ErrInvalid is the kind of every file that cannot be read; its message names the file and the reason.
	ErrInvalid = fault.New(fault.Invalid, "MANIFEST_INVALID", "the file cannot be read")
	// ErrUnknownFormat is the kind of a path whose last part names no known format.
	ErrUnknownFormat = fault.New(fault.Invalid, "MANIFEST_FORMAT_UNKNOWN", "the file's name is that of no known lock file or manifest")
)

// Result is what a file states.
type Result struct {
	// Format is the format that the file was read as.
	Format Format
	// Purls are the packages in canonical form, without qualifiers and subpath, without repetitions, ordered byte by byte. An entry that names no exact
	// version (a range, a property that the file does not define) is a purl without version.
	Purls []string
	// Skipped counts the entries that name no package by a purl: local paths, members of the same workspace, Git sources outside the known hosts.
	Skipped int
}

// Extract reads a file in the format that the last part of path names. It is safe for concurrent use.
//
// The error is ErrUnknownFormat, ErrInvalid (malformed, too large, too many entries, too slow), ErrBusy, or the context's. A file that includes others
// (requirements.txt) is read without them.
func Extract(ctx context.Context, path string, content []byte) (Result, error) {
	format, ok := Detect(path)
	if !ok {
		return Result{}, ErrUnknownFormat.With("%q is the name of no known lock file or manifest", path).Field("path")
	}
	return extract(ctx, format, path, content)
}

// extract reads a file in a format that the caller knows; path serves the messages alone.
func extract(ctx context.Context, format Format, path string, content []byte) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if len(content) > MaxBytes {
		return Result{}, ErrInvalid.With("%q has %d bytes, more than %d", path, len(content), MaxBytes).Field("content")
	}
	content, err := decode(content)
	if err != nil {
		return Result{}, ErrInvalid.With("%q cannot be read as text: %s", path, err).Field("content")
	}
	if nestsDeeper(content, MaxNesting) {
		return Result{}, ErrInvalid.With("%q nests brackets deeper than %d", path, MaxNesting).Field("content")
	}
	if line := conflict(content); line > 0 {
		return Result{}, ErrInvalid.With("%q has a conflict marker in line %d", path, line).Field("content")
	}
	entries, err := read(ctx, format, content)
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if errors.Is(err, errBusy) {
			return Result{}, ErrBusy
		}
		return Result{}, ErrInvalid.With("%q is not a readable %s: %s", path, format, reason(err)).Field("content").Wrap(err)
	}
	if len(entries) > MaxEntries {
		return Result{}, ErrInvalid.With("%q names %d packages, more than %d", path, len(entries), MaxEntries).Field("content")
	}
	result := Result{Format: format, Purls: make([]string, 0, len(entries))}
	for _, e := range entries {
		if text, ok := e.purl(); ok {
			result.Purls = append(result.Purls, text)
		} else {
			result.Skipped++
		}
	}
	slices.Sort(result.Purls)
	result.Purls = slices.Compact(result.Purls)
	return result, nil
}

// read picks the reader of a format: ours where there is one, else the decoder or the extractor. A reader of ours that meets something outside the form its
// tool writes says so by errOther, and one of the others, which know the whole grammar, decides.
func read(ctx context.Context, format Format, content []byte) ([]entry, error) {
	if own, ok := readers[format]; ok {
		ctx, cancel := limited(ctx)
		entries, err := guard(func() ([]entry, error) { return own(ctx, content) })
		cancel()
		if !errors.Is(err, errOther) {
			return entries, err
		}
	}
	if decode, ok := decoders[format]; ok {
		return uninterruptible.run(ctx, func(context.Context) ([]entry, error) { return decode(content) })
	}
	return scan(ctx, format, content)
}

// guard turns a panic into an error: several parsers index into what they have not checked.
func guard[T any](parse func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("its structure is broken (%v)", p)
		}
	}()
	return parse()
}

// conflict is the line, from 1, of the first marker that Git leaves where a merge failed, or 0. Parsers of lines would read both sides as one file.
func conflict(content []byte) int {
	marker := []byte("<<<<<<< ")
	if bytes.HasPrefix(content, marker) {
		return 1
	}
	before, _, found := bytes.Cut(content, append([]byte{'\n'}, marker...))
	if !found {
		return 0
	}
	return bytes.Count(before, []byte{'\n'}) + 2
}

// reason makes one line of bounded length of an error's text, since parsers quote their input.
func reason(err error) string {
	const most = 300
	text := []rune(err.Error())
	for i, r := range text {
		if r < ' ' {
			text[i] = ' '
		}
	}
	if len(text) > most {
		return string(text[:most]) + "..."
	}
	return string(text)
}

// nestsDeeper counts brackets without regard to strings: it errs towards deeper, which the generous limit allows for.
func nestsDeeper(content []byte, limit int) bool {
	depth := 0
	for _, c := range content {
		switch c {
		case '{', '[':
			depth++
			if depth > limit {
				return true
			}
		case '}', ']':
			depth = max(depth-1, 0)
		}
	}
	return false
}
