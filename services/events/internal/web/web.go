// Package web is the HTTP door of the events service, for the sources that cannot speak gRPC: browsers, webhooks, editor plugins, collectors.
// It listens, and takes every request through request id, span, log, metrics, recover, deadline and auth, by the same verifier and access rules as the
// gRPC door (kit/serve); then an adapter (internal/source) reads the body and the intake (internal/ingest) takes the events.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/internal/ingest"
)

// Intake is where events go; *ingest.Intake is one.
type Intake interface {
	Capture(ctx context.Context, organization uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error)
	Take(ctx context.Context, r ingest.Request) ([]ingest.Result, error)
}

// Deps is what a door is given.
type Deps struct {
	Health   func(context.Context) error // required; nil while events are taken in here
	Hooks    http.Handler                // serves /hooks/, with credentials of its own; nil: 404
	Intake   Intake                      // required
	Logger   *slog.Logger                // required
	Now      func() time.Time            // required
	Registry prometheus.Registerer       // required; the door adds its metrics
	Verifier auth.Verifier               // required; tells whose tokens they are
}

// Door is the HTTP door.
type Door struct {
	cfg       Config
	deps      Deps
	rules     auth.Rules
	latency   *prometheus.HistogramVec
	mux       *http.ServeMux
	addr      net.Addr
	listening chan struct{}
}

// captureMethod is the RPC whose access rule holds for every way in.
const captureMethod = "/" + captureService + "/CaptureEvents"

const captureService = "devtrail.events.v1.IngestService"

// New makes a door. It opens nothing yet.
func New(cfg Config, deps Deps) (*Door, error) {
	if deps.Health == nil || deps.Intake == nil || deps.Logger == nil || deps.Now == nil || deps.Registry == nil || deps.Verifier == nil {
		return nil, errors.New("web: Health, Intake, Logger, Now, Registry and Verifier are required")
	}
	_ = eventsv1.File_devtrail_events_v1_ingest_service_proto // its descriptor holds the access rule
	rules, err := auth.NewRules(map[string]grpc.ServiceInfo{captureService: {}}, nil)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	d := &Door{cfg: cfg.withDefaults(), deps: deps, rules: rules, mux: http.NewServeMux(), listening: make(chan struct{})}
	if d.latency, err = newLatency(deps.Registry); err != nil {
		return nil, fmt.Errorf("web: register metrics: %w", err)
	}
	d.routes()
	return d, nil
}

// routes mounts every way in.
func (d *Door) routes() {
	d.mount(captureMethod, endpoints{http.MethodPost: d.keyed(captureWay, d.capture)})
	d.mount(cloudeventsPath, endpoints{http.MethodPost: d.keyed(cloudeventsWay, d.cloudevents), http.MethodOptions: d.consent})
	d.mountWakatime()
	d.mount(logsPath, endpoints{http.MethodPost: d.logs})
	if d.deps.Hooks != nil {
		d.handle("/hooks/", d.deps.Hooks.ServeHTTP)
		d.handle("/hooks/{provider}/{id}", d.deps.Hooks.ServeHTTP) // the route of a delivery, by which it is counted
	}
	d.handle(healthPath, d.health)
	d.handle("/", func(w http.ResponseWriter, r *http.Request) { d.fail(w, r, errNoRoute) })
}

// ServeHTTP takes a request through the steps of the door; Run serves it.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.observe(w, r) }
