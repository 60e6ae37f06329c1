package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"devtrail.dev/kit/telemetry"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
)

const serviceRole = accessv1.Role_ROLE_SERVICE

// Main is the body of a service's main function: it calls run with a context that ends at SIGINT or SIGTERM,
// writes its error as one line and returns the exit code, 0 or 1; being stopped by a signal is no error. A second signal ends the process at once.
// With the argument "health" it asks a running service for its health instead, for container health checks.
func Main(name string, run func(ctx context.Context, getenv func(string) string, stderr io.Writer) error) int {
	if len(os.Args) > 1 && os.Args[1] == "health" {
		return probe(name, os.Args[2:], os.Getenv, os.Stderr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	shutdown, err := telemetry.Tracing(ctx, name)
	if err == nil {
		err = run(ctx, os.Getenv, os.Stderr)
		flush, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = shutdown(flush)
	}
	if stopped := ctx.Err() != nil && errors.Is(err, context.Canceled); err != nil && !stopped {
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, oneLine(err))
		return 1
	}
	return 0
}

// oneLine joins the lines of joined errors.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
