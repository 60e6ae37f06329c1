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

func unaryFault(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return fault.FromStatus(invoke(ctx, method, req, reply, conn, opts...))
}

func streamFault(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, fault.FromStatus(err)
	}
	return faultStream{stream}, nil
}

type faultStream struct{ grpc.ClientStream }

// RecvMsg implements grpc.ClientStream. The end of the stream stays io.EOF.
func (s faultStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if errors.Is(err, io.EOF) {
		return err
	}
	return fault.FromStatus(err)
}

// SendMsg implements grpc.ClientStream; io.EOF says that RecvMsg holds the reason.
func (s faultStream) SendMsg(m any) error {
	err := s.ClientStream.SendMsg(m)
	if errors.Is(err, io.EOF) {
		return err
	}
	return fault.FromStatus(err)
}
