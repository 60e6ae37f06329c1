package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"
)

// errBusy says that no place became free in time.
var errBusy = errors.New("too many files are read at the same time")

// places are for parsers that nobody can interrupt.
type places chan struct{}

// uninterruptible is as many as there are cores, and some more for short files beside long ones.
var uninterruptible = make(places, 2+runtime.GOMAXPROCS(0))

// limited is the time that one file may take.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, MaxSeconds*time.Second, fmt.Errorf("it takes longer than %d seconds", MaxSeconds))
}

// wait takes a place, or says that there is none for as long as one file may take.
func (p places) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, MaxSeconds*time.Second)
	defer cancel()
	select {
	case p <- struct{}{}:
		if ctx.Err() != nil {
			// Where both are ready either is taken.
			<-p
			return errBusy
		}
		return nil
	case <-ctx.Done():
		return errBusy
	}
}

// run waits for a place, calls a parser on a goroutine of its own and waits for it as long as a file may take: that begins with the place, since others have
// taken what went by before. Then the parser is left to end by itself and keeps its place until it has, so that files which take hours cannot take more cores
// than there are places.
func (p places) run(ctx context.Context, parse func(ctx context.Context) ([]entry, error)) ([]entry, error) {
	if err := p.wait(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	type outcome struct {
		entries []entry
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-p }()
		entries, err := guard(func() ([]entry, error) { return parse(ctx) })
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
