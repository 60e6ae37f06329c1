package dial

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
)

// Interceptors rebuild faults from the statuses of unary calls and streams, so that
// errors.Is(err, fault.NotFound) holds across services.
func Interceptors() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(unaryFault),
		grpc.WithChainStreamInterceptor(streamFault),
	}
}

// unaryFault makes the call as gRPC's own invoke does, but by a stream, so that faultStream has it. It must stay the last
// of the chain, since it passes invoke by.
func unaryFault(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, _ grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{}, method, opts...)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(req); err != nil {
		return err
	}
	return stream.RecvMsg(reply)
}

func streamFault(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, fault.FromStatus(err)
	}
	return faultStream{stream, desc.ClientStreams}, nil
}

// faultStream rebuilds faults, and has the status of a call come out that was tried again. Where the server ended an attempt before its message was sent, gRPC
// 1.84 and 1.85 give the io.EOF of that SendMsg in place of the status, by itself or in "max retries exhausted", be it by SendMsg or by the RecvMsg that
// repeated it. The status is there at the next RecvMsg, which at the true end of a stream says io.EOF again.
type faultStream struct {
	grpc.ClientStream

	sendsMany bool // by the contract; where not, generated code takes every error of SendMsg for that of the call
}

// RecvMsg implements grpc.ClientStream. The end of the stream stays io.EOF.
func (s faultStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if errors.Is(err, io.EOF) {
		err = s.ClientStream.RecvMsg(m)
	}
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fault.FromStatus(err)
}

// SendMsg implements grpc.ClientStream. Of a stream that sends many, io.EOF says that RecvMsg has the reason.
func (s faultStream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	switch {
	case !errors.Is(err, io.EOF):
		return fault.FromStatus(err)
	case s.sendsMany:
		return io.EOF
	default:
		return nil
	}
}
