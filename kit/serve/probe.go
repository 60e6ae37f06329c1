package serve

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

const probeTimeout = 3 * time.Second

// probe is `<binary> health [address]`: 0 when the service at address, or at <NAME>_ADDRESS, is SERVING, else 1.
func probe(name string, args []string, getenv func(string) string, stderr io.Writer) int {
	setting := strings.ToUpper(name) + "_ADDRESS"
	address := getenv(setting)
	if len(args) > 0 {
		address = args[0]
	}
	if err := Probe(context.Background(), address); err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: not healthy at %q (argument or %s): %s\n", name, address, setting, oneLine(err))
		return 1
	}
	return 0
}

// Probe is nil when the service at address is SERVING. It asks for three seconds at most. An address that listens
// everywhere, such as "0.0.0.0:7402" or ":7402", is asked on loopback.
func Probe(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port", address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := grpc.NewClient(net.JoinHostPort(host, port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("status is %s", answer.GetStatus())
	}
	return nil
}
