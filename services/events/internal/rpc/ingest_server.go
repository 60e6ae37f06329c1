package rpc

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

// ingestServer takes events without decoding their messages: it is handed letters, which the door's codec lets read their own bytes, and answers with
// answers that write theirs.
type ingestServer struct {
	intake  *ingest.Intake
	letters [2]sync.Pool // of *wire.Letter: of single messages, and of those of streams
	bodies  sync.Pool    // of letters
}

// ingester is what the methods below call.
type ingester interface {
	captureEvents(ctx context.Context, letter *wire.Letter) (*wire.Answer, error)
	streamEvents(stream grpc.ServerStream) error
	letter(streamed bool) *wire.Letter
	lend(f func()) bool
}

// ingestService is the IngestService of the contract with methods that take letters.
func ingestService() *grpc.ServiceDesc {
	d := eventsv1.IngestService_ServiceDesc
	d.HandlerType = (*ingester)(nil)
	d.Methods = []grpc.MethodDesc{{MethodName: "CaptureEvents", Handler: handleCapture}}
	d.Streams = []grpc.StreamDesc{{StreamName: "StreamEvents", Handler: handleStream, ServerStreams: true, ClientStreams: true}}
	return &d
}

func handleCapture(srv any, ctx context.Context, decode func(any) error, around grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // the order is gRPC's
	server := srv.(ingester) //nolint:forcetypeassert // gRPC has checked it
	letter := server.letter(false)
	if err := decode(letter); err != nil {
		return nil, err
	}
	handle := func(ctx context.Context, req any) (any, error) {
		return server.captureEvents(ctx, req.(*wire.Letter)) //nolint:forcetypeassert // it is the one above
	}
	if around == nil {
		return handle(ctx, letter)
	}
	return around(ctx, letter, &grpc.UnaryServerInfo{FullMethod: eventsv1.IngestService_CaptureEvents_FullMethodName, Server: srv}, handle)
}

func handleStream(srv any, stream grpc.ServerStream) error {
	return srv.(ingester).streamEvents(stream) //nolint:forcetypeassert // gRPC has checked it
}

// letter returns an empty one.
func (s *ingestServer) letter(streamed bool) *wire.Letter {
	if l, ok := s.pool(streamed).Get().(*wire.Letter); ok {
		return l
	}
	return wire.NewLetter(streamed, &s.bodies)
}

// lend has f called on a goroutine of the intake, if there is one.
func (s *ingestServer) lend(f func()) bool { return s.intake.Lend(f) }

func (s *ingestServer) pool(streamed bool) *sync.Pool {
	if streamed {
		return &s.letters[1]
	}
	return &s.letters[0]
}

// captureEvents keeps events and says of each what became of it.
func (s *ingestServer) captureEvents(ctx context.Context, letter *wire.Letter) (*wire.Answer, error) {
	receipt, err := s.submit(ctx, letter)
	if errors.Is(err, ingest.ErrQuota) { // nobody has begun to read it: who sends too much costs the others no memory
		s.pool(false).Put(letter)
	}
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, letter, receipt, false)
}

// submit has the intake take a letter.
func (s *ingestServer) submit(ctx context.Context, letter *wire.Letter) (ingest.Receipt, error) {
	organization, err := auth.Organization(ctx)
	if err != nil {
		return ingest.Receipt{}, err
	}
	request, err := wire.RequestOf(organization, auth.MustCaller(ctx).CredentialID, letter)
	if err != nil {
		return ingest.Receipt{}, err
	}
	return s.intake.Submit(ctx, request)
}

// answer waits for the results of a letter. It is given back when the answer is written, and left to the collector when there is none.
func (s *ingestServer) answer(ctx context.Context, letter *wire.Letter, receipt ingest.Receipt, streamed bool) (*wire.Answer, error) {
	results, err := receipt.Await(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.Answer{Letter: letter, Results: results, Release: func() {
		receipt.Release()
		s.pool(streamed).Put(letter)
	}}, nil
}
