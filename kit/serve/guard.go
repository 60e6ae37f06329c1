package serve

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/tap"

	"devtrail.dev/kit/fault"
)

// errors turns what came from inside into a status by the one table.
func (s *Server) errors(ctx context.Context, c *call, next func(context.Context) error) error {
	err := next(ctx)
	if err == nil {
		return nil
	}
	c.cause = err
	st := fault.ToStatus(err, s.name+".devtrail.dev")
	c.reference = fault.Reference(st)
	return st.Err()
}

// recover makes an Internal error of a panic, with the stack for the log.
func (s *Server) recover(ctx context.Context, _ *call, next func(context.Context) error) error {
	return Recovered(func() error { return next(ctx) })
}

// Recovered calls f and returns its panic, if it panics, as an error that senders see nothing of. It is for goroutines that a handler starts: the step that
// recovers stands around the handler's own alone.
func Recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// A unary call without deadline gets defaultDeadline. Of a caller's deadline margin is kept back, so that we can
// still say what timed out; a call with less than leastTime left is refused: its answer would not arrive.
const (
	defaultDeadline = 30 * time.Second
	margin          = 10 * time.Millisecond
	leastTime       = 20 * time.Millisecond
)

var errNoTime = fault.New(fault.Timeout, "DEADLINE_TOO_SHORT", "the deadline leaves less than 20 ms for the work")

// errStop is what a stream that the stop cut off answers; the caller may resume it elsewhere.
var errStop = fault.New(fault.Unavailable, "SERVER_STOPPING", "the server is stopping")

// arrive gives defaultDeadline to the stream of a unary call itself, before any step: gRPC reads the message by the stream's context, and who never sends the whole of it
// would keep the call for as long as the connection lives. It is called for one call of a connection at a time, and must not wait.
func (s *Server) arrive(ctx context.Context, info *tap.Info) (context.Context, error) {
	if !s.registrar.unary[info.FullMethodName] {
		return ctx, nil
	}
	latest := s.deps.Now().Add(s.patience + margin)
	// What is open to strangers takes no time, so that they may not say how long it takes to send.
	if end, own := ctx.Deadline(); own && (end.Before(latest) || !s.rules.Open(info.FullMethodName)) {
		return ctx, nil
	}
	ctx, cancel := context.WithDeadline(ctx, latest)
	_ = cancel // gRPC cancels the context above it when the stream ends
	return ctx, nil
}

func (s *Server) deadline(ctx context.Context, c *call, next func(context.Context) error) error {
	end, ok := ctx.Deadline()
	if ok {
		if end.Sub(s.deps.Now()) < leastTime {
			return errNoTime
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-margin))
		defer cancel()
	}
	if !c.streams {
		return next(ctx)
	}
	// A stream may live for days, so a stop ends it at once instead of waiting for the grace period.
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	defer context.AfterFunc(s.stopping, func() { cut(errStop) })() //nolint:contextcheck // the stop is the server's, not the call's
	err := next(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errStop) {
		return errStop.Wrap(err)
	}
	return err
}
