package manifest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"runtime"
)

// errBusy says that no place became free in time.
var errBusy = errors.New("too many files are read at the same time")

// places are for parsers that nobody can interrupt.
type places chan struct{}

// uninterruptible is as many as there are cores, and some more for short files beside long ones.
var uninterruptible = make(places, 2+runtime.GOMAXPROCS(0))

// run calls a parser on a goroutine of its own and waits for it as long as the context lasts. Then the parser is left to end by itself and keeps its place
// until it has, so that files which take hours cannot take more cores than there are places.
func (p places) run(ctx context.Context, parse func() ([]entry, error)) ([]entry, error) {
	select {
	case p <- struct{}{}:
	case <-ctx.Done():
		return nil, errBusy
	}
	type outcome struct {
		entries []entry
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-p }()
		entries, err := guard(parse)
		done <- outcome{entries, err}
	}()
	select {
	case o := <-done:
		return o.entries, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lines are the lines of a file without their ends; when the context ends, its cause comes instead of the next one.
func lines(ctx context.Context, content []byte) iter.Seq2[[]byte, error] {
	const often = 4096
	return func(yield func([]byte, error) bool) {
		for n := 0; len(content) > 0; n++ {
			if n%often == 0 && ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			var line []byte
			line, content, _ = bytes.Cut(content, []byte{'\n'})
			if !yield(bytes.TrimSuffix(line, []byte{'\r'}), nil) {
				return
			}
		}
	}
}
