package serve

import (
	"context"

	"devtrail.dev/kit/auth"
)

// interceptors is the way of every RPC, outermost first, the same for unary calls and streams. The span is opened
// before them by the stats handler. Log and metrics stand outside errors, so that they see the final code; recover,
// deadline, auth and validate stand inside, so that a panic, a refused caller and a bad message pass through the
// same table as a handler's error.
func (s *Server) interceptors() []step {
	return []step{
		{"request_id", s.requestID},
		{"observe", s.observe},
		{"errors", s.errors},
		{"recover", s.recover},
		{"deadline", s.deadline},
		{"auth", s.auth},
		{"validate", s.validate},
	}
}

// step is one interceptor, written once for both shapes of RPC. It calls next once, or answers itself.
type step struct {
	name   string
	around func(ctx context.Context, c *call, next func(context.Context) error) error
}

// call is what the steps know of one RPC and tell each other.
type call struct {
	method   string
	streams  bool
	open     bool                // answered without credential and validation
	check    func(msg any) error // set by validate; asked for every message received
	incoming incoming            // the message that is being received
	// set on the way, for the log
	requestID string
	caller    auth.Caller
	cause     error // what the handler or a step returned, before the table
	reference string
	// where the call is on its way
	ahead  []step
	handle func(context.Context) error
	onward func(context.Context) error // goOn, made once
}

// walk passes the call through the steps to its handler.
func (c *call) walk(ctx context.Context, steps []step, handle func(context.Context) error) error {
	c.ahead, c.handle, c.onward = steps, handle, c.goOn
	return c.goOn(ctx)
}

func (c *call) goOn(ctx context.Context) error {
	if len(c.ahead) == 0 {
		return c.handle(ctx)
	}
	next := c.ahead[0]
	c.ahead = c.ahead[1:]
	return next.around(ctx, c, c.onward)
}
