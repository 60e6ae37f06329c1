package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
)

// headerRequestID carries the request id in and out.
const headerRequestID = "X-Request-Id"

// requestTime is what a request may take beside the reading of its body.
const requestTime = 30 * time.Second

// visit is what the steps know of one request and tell the log. One goroutine serves a request.
type visit struct {
	requestID string
	caller    auth.Caller
	cause     error
	reason    string
	reference string
}

type visitKey struct{}

// visitOf is the visit of a request; nil outside the door.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

func newLatency(registry prometheus.Registerer) (*prometheus.HistogramVec, error) {
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "devtrail_http_duration_seconds",
		Help:    "Time from the arrival of an HTTP request to its answer.",
		Buckets: serve.Buckets(),
	}, []string{"route", "code"})
	return latency, registry.Register(latency)
}

// observe gives the request its id and its span, measures it and writes its one log line, by the route and never by the URL: a path or a query may hold a key.
func (d *Door) observe(w http.ResponseWriter, r *http.Request) {
	start := d.deps.Now()
	v := &visit{requestID: r.Header.Get(headerRequestID)}
	if !plain(v.requestID) {
		v.requestID = uuid.NewString()
	}
	w.Header().Set(headerRequestID, v.requestID)
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), visitKey{}, v), readTimeout+requestTime)
	defer cancel()
	ctx, span := otel.Tracer("devtrail.dev/services/events/internal/web").Start(otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header)),
		r.Method, trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	r = r.WithContext(ctx)
	rec := &recorder{ResponseWriter: w}
	d.shielded(rec, r)
	took := d.deps.Now().Sub(start)
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	route := r.Pattern
	if route == "" {
		route = "none" // the mux answered by itself
	}
	span.SetName(r.Method + " " + route)
	span.SetAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", route), attribute.Int("http.response.status_code", rec.status))
	if rec.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, v.reason)
	}
	counted := rec.status
	if v.cause != nil && fault.KindOf(v.cause) == fault.Internal {
		counted = http.StatusInternalServerError // also where it is answered otherwise, as exporters of logs are: the alert on internal errors looks there
	}
	d.latency.WithLabelValues(route, strconv.Itoa(counted)).Observe(took.Seconds())
	if r.Pattern == healthPath {
		return // it is asked every few seconds, and would drown the rest
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("route", route),
		slog.Int("status", rec.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/float64(time.Millisecond/time.Microsecond)),
		slog.String("request_id", v.requestID),
		slog.String("credential_id", v.caller.CredentialID),
		slog.String("organization_id", v.caller.OrganizationID),
	}
	level := slog.LevelInfo
	if v.cause != nil {
		attrs = append(attrs, slog.String("reason", v.reason))
		switch fault.KindOf(v.cause) {
		case fault.Internal:
			level = slog.LevelError
			attrs = append(attrs, slog.String("reference", v.reference), slog.String("error", v.cause.Error()))
		case fault.Unavailable:
			level = slog.LevelWarn
			attrs = append(attrs, slog.String("error", v.cause.Error()))
		}
	}
	d.deps.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// shielded serves the request and makes an internal error of a panic, with the stack for the log.
func (d *Door) shielded(rec *recorder, r *http.Request) {
	defer func() { //nolint:contextcheck // the request carries it
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && err == http.ErrAbortHandler { //nolint:errorlint // a sentinel that net/http compares so
			panic(p) //nolint:forbidigo // how a handler asks net/http to cut the connection
		}
		err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		if rec.status == 0 {
			d.fail(rec, r, err)
			return
		}
		if v := visitOf(r.Context()); v != nil {
			v.cause = err
		}
	}()
	d.mux.ServeHTTP(rec, r)
}

// recorder remembers the status that was answered.
type recorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(body []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// plain tells whether an id is fit for a log line: 1 to 64 letters, digits, "-", "_" and ".".
func plain(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}
