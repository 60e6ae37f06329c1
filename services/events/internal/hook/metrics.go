package hook

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of deliveries.
const (
	duplicate  = "duplicate"
	forged     = "forged"
	ignored    = "ignored"
	large      = "too_large"
	malformed  = "malformed"
	rejected   = "rejected"
	retried    = "retry"
	stored     = "stored"
	unknown    = "unknown_hook"
	unreadable = "unreadable"
)

var outcomes = []string{duplicate, forged, ignored, large, malformed, rejected, retried, stored, unknown, unreadable}

// maxTypes is how many types of ignored deliveries are counted apart: a sender names them.
const maxTypes = 200

// metrics counts deliveries.
type metrics struct {
	deliveries *prometheus.CounterVec
	events     *prometheus.CounterVec
	ignored    *prometheus.CounterVec
	hooks      prometheus.Gauge
	good       prometheus.Gauge

	mu    sync.Mutex
	types map[string]bool
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_hook_deliveries_total",
			Help: "Webhook deliveries by provider and outcome (stored, duplicate, rejected, ignored, unreadable, forged, unknown_hook, too_large, malformed, retry).",
		}, []string{"provider", "outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_hook_events_total",
			Help: "Events of webhook deliveries by provider and outcome (stored, duplicate, rejected).",
		}, []string{"provider", "outcome"}),
		ignored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "devtrail_hook_ignored_total",
			Help: "Webhook deliveries that say nothing to us, by provider and type.",
		}, []string{"provider", "type"}),
		hooks: prometheus.NewGauge(prometheus.GaugeOpts{Name: "devtrail_hooks", Help: "Webhooks that may be delivered to."}),
		good: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "devtrail_hooks_file_good",
			Help: "1 when the hooks file was taken as it is, 0 when a change of it was not and the hooks are those from before.",
		}),
		types: make(map[string]bool),
	}
	for _, c := range []prometheus.Collector{m.deliveries, m.events, m.ignored, m.hooks, m.good} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	// A rule on the growth of a series does not see its first value, and a hook may be added at any time.
	for provider := range providers {
		for _, outcome := range outcomes {
			m.deliveries.WithLabelValues(provider, outcome)
		}
	}
	return m, nil
}

func (m *metrics) loaded(hooks int) {
	m.hooks.Set(float64(hooks))
	m.good.Set(1)
}

func (m *metrics) broken() { m.good.Set(0) }

func (m *metrics) deliver(provider, outcome string) {
	m.deliveries.WithLabelValues(provider, outcome).Inc()
}

func (m *metrics) count(provider string, r Receipt) {
	m.events.WithLabelValues(provider, stored).Add(float64(r.Stored))
	m.events.WithLabelValues(provider, duplicate).Add(float64(r.Duplicates))
	m.events.WithLabelValues(provider, rejected).Add(float64(r.Rejected))
}

func (m *metrics) ignore(provider, kind string) {
	m.ignored.WithLabelValues(provider, m.label(kind)).Inc()
}

// label keeps the number and the form of types within bounds.
func (m *metrics) label(kind string) string {
	const most = 60
	if kind == "" || len(kind) > most || strings.ContainsFunc(kind, func(r rune) bool { return r <= ' ' && r != ' ' || r > '~' }) {
		return "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.types[kind] {
		if len(m.types) == maxTypes {
			return "other"
		}
		m.types[kind] = true
	}
	return kind
}
