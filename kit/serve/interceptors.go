package serve

import (
	"context"

	"google.golang.org/grpc"

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
	method  string
	streams bool
	open    bool                // answered without credential and validation
	check   func(msg any) error // set by validate; asked for every message received
	// set on the way, for the log
	requestID string
	caller    auth.Caller
	cause     error // what the handler or a step returned, before the table
	reference string
}

// stream runs a streaming RPC through the steps.
func stream(steps []step) grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		c := &call{method: info.FullMethod, streams: true}
		return walk(ss.Context(), c, steps, func(ctx context.Context) error {
			return handler(srv, &checkedStream{ServerStream: ss, ctx: ctx, call: c})
		})
	}
}

func walk(ctx context.Context, c *call, steps []step, handle func(context.Context) error) error {
	if len(steps) == 0 {
		return handle(ctx)
	}
	return steps[0].around(ctx, c, func(ctx context.Context) error {
		return walk(ctx, c, steps[1:], handle)
	})
}

func (c *call) received(msg any) error {
	if c.check == nil {
		return nil
	}
	return c.check(msg)
}

// checkedStream carries the steps' context and checks each message received.
type checkedStream struct {
	grpc.ServerStream
	ctx  context.Context // a stream is where gRPC keeps the context
	call *call
}

// Context implements grpc.ServerStream.
func (s *checkedStream) Context() context.Context { return s.ctx }

// RecvMsg implements grpc.ServerStream.
func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.call.received(m)
}
