package serve

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"devtrail.dev/kit/fault"
)

// Buckets, in seconds, are those of every latency histogram of the suite, so that they can be compared.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

type metrics struct {
	latency *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "devtrail_rpc_duration_seconds",
		Help:    "Time from the arrival of a request to its answer; of a stream, to its end.",
		Buckets: buckets,
	}, []string{"method", "code"})}
	return m, registry.Register(m.latency)
}

// begin makes the series of internal errors of the methods that are served: a rule on the growth of a series does not see its first value.
func (m *metrics) begin(services map[string]grpc.ServiceInfo) {
	for name, service := range services {
		for _, method := range service.Methods {
			m.latency.WithLabelValues("/"+name+"/"+method.Name, codes.Internal.String())
		}
	}
}

// Buckets is the bounds in seconds of every latency histogram of the suite, so that stores measure like the door.
func Buckets() []float64 { return append([]float64(nil), buckets...) }

// observe measures the RPC and writes its one log line: a client's mistake as info without its text, which may
// quote the request; ours as error with the cause and the reference the caller got. A part that is away and a method
// that this build lacks are warnings: a caller of another build may be the reason.
func (s *Server) observe(ctx context.Context, c *call, next func(context.Context) error) error {
	start := s.deps.Now()
	err := next(ctx)
	took := s.deps.Now().Sub(start)
	code := status.Code(err).String()
	s.metrics.latency.WithLabelValues(c.method, code).Observe(took.Seconds())
	if err == nil && (c.open || !s.deps.Logger.Enabled(ctx, slog.LevelInfo)) {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("method", c.method),
		slog.String("code", code),
		slog.Float64("duration_ms", float64(took.Microseconds())/float64(time.Millisecond/time.Microsecond)),
		slog.String("request_id", c.requestID),
		slog.String("credential_id", c.caller.CredentialID),
		slog.String("organization_id", c.caller.OrganizationID),
	}
	if c.caller.ServiceName != "" {
		attrs = append(attrs, slog.String("caller_service", c.caller.ServiceName))
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.String("reason", reasonOf(err)))
		switch kind := fault.KindOf(c.cause); kind {
		case fault.Internal:
			level = slog.LevelError
			attrs = append(attrs, slog.String("reference", c.reference), slog.String("error", c.cause.Error()))
		case fault.Unavailable, fault.Unimplemented:
			level = slog.LevelWarn
			attrs = append(attrs, slog.String("error", c.cause.Error()))
		}
	}
	s.deps.Logger.LogAttrs(ctx, level, "request", attrs...)
	return err
}

func reasonOf(err error) string { return fault.ReasonOf(fault.FromStatus(err)) }
