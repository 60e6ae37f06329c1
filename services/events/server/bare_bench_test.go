package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"devtrail.dev/kit/serve/servetest"
)

// bare makes this test binary a server of gRPC that does nothing in its calls.
const (
	bare       = "bare"
	bareMethod = "/devtrail.bench.v1.BareService/Call"
)

// How many callers a bare server has, and for how long.
const (
	bareCallers = 32
	bareLength  = 3 * time.Second
)

// runBare serves until it is killed.
func runBare() {
	lis, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", os.Getenv("EVENTS_ADDRESS"))
	if err == nil {
		s := grpc.NewServer()
		s.RegisterService(&bareService, nil)
		err = s.Serve(lis)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// bareService has one method, which answers a message without a field by itself.
var bareService = grpc.ServiceDesc{
	ServiceName: "devtrail.bench.v1.BareService",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Call",
		Handler: func(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			message := new(emptypb.Empty)
			return message, read(message)
		},
	}},
}

// bareServer is one in a process of its own.
type bareServer struct {
	child *child
	conn  *grpc.ClientConn
}

// startBare starts one. It ends with the benchmark.
func startBare(b *testing.B) *bareServer {
	b.Helper()
	s := &bareServer{child: &child{t: b, how: bare, settings: map[string]string{"EVENTS_ADDRESS": servetest.FreeAddress(b)}}}
	s.child.start()
	var err error
	s.conn, err = grpc.NewClient(s.child.settings["EVENTS_ADDRESS"], grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.conn.Close()) })
	s.send(b, time.Now().Add(time.Second)) // all code has run
	return s
}

// call measures the CPU that a call takes the server, in microseconds.
func (s *bareServer) call(b *testing.B) float64 {
	b.Helper()
	pid := int(s.child.pid.Load())
	own := cpuOf(b, pid)
	count := s.send(b, time.Now().Add(bareLength))
	return float64((cpuOf(b, pid) - own).Microseconds()) / float64(count)
}

// send calls as fast as it is answered and returns how often it was.
func (s *bareServer) send(b *testing.B, until time.Time) int64 {
	var count atomic.Int64
	var working sync.WaitGroup
	for range bareCallers {
		working.Go(func() {
			for time.Now().Before(until) {
				if err := s.conn.Invoke(context.WithoutCancel(b.Context()), bareMethod, new(emptypb.Empty), new(emptypb.Empty)); err != nil {
					b.Errorf("bare call: %v", err)
					return
				}
				count.Add(1)
			}
		})
	}
	working.Wait()
	return count.Load()
}
