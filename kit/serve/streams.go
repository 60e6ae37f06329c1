package serve

import (
	"context"
	"time"

	"google.golang.org/grpc"
)

// stream runs a streaming RPC through the steps.
func (s *Server) stream(steps []step) grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		c := &call{method: info.FullMethod, streams: true}
		return c.walk(ss.Context(), steps, func(ctx context.Context) error {
			return s.attend(ctx, func() error { return handler(srv, &checkedStream{ServerStream: ss, ctx: ctx, call: c}) })
		})
	}
}

// lingering is how long the handler of a stream that was cut off may take to end by itself.
const lingering = time.Second

// attend runs the handler of a stream until it returns, or until a while after ctx has ended. One that sends to a client who does not read waits for that
// client, and sees neither that the server stops nor that the client's key is refused: only the end of the stream, over its head, lets it go on.
func (s *Server) attend(ctx context.Context, handle func() error) error {
	ended := make(chan error, 1)
	s.handlers.Go(func() { ended <- Recovered(handle) })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(lingering)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return context.Cause(ctx)
	}
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
	return s.call.receive(s.ServerStream.RecvMsg, m)
}
