package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/telemetry"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestLogger(t *testing.T) {
	for level, lines := range map[string]int{"debug": 3, "info": 2, "": 2, "nonsense": 2, " WARN ": 1, "error": 0} {
		var buf bytes.Buffer
		log := telemetry.Logger(&buf, level, "identity")
		log.Debug("a")
		log.Info("b")
		log.Warn("c")
		assert.Equal(t, lines, bytes.Count(buf.Bytes(), []byte("\n")), level)
		if lines > 0 {
			line := map[string]any{}
			require.NoError(t, json.NewDecoder(&buf).Decode(&line))
			assert.Equal(t, "identity", line["service"])
		}
	}
}

func TestCheckLevel(t *testing.T) {
	for _, level := range []string{"", "debug", "info", " WARN ", "error"} {
		require.NoError(t, telemetry.CheckLevel(level), level)
	}
	for _, level := range []string{"inof", "trace", "2"} {
		require.ErrorContains(t, telemetry.CheckLevel(level), "LOG_LEVEL \""+level+"\"", level)
	}
}

func TestDebug(t *testing.T) {
	registry := telemetry.Registry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "a_gauge"}))
	var health error
	server := telemetry.Debug("x:1", registry, func(context.Context) error { return health })
	assert.Equal(t, "x:1", server.Addr)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		server.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	code, body := get("/metrics")
	assert.Equal(t, 200, code)
	assert.Contains(t, body, "a_gauge 0")
	assert.Contains(t, body, "go_goroutines")
	code, body = get("/healthz")
	assert.Equal(t, 200, code)
	assert.Equal(t, "ok\n", body)
	health = errors.New("the database is behind")
	code, body = get("/healthz")
	assert.Equal(t, 503, code)
	assert.Equal(t, "the database is behind\n", body)
	code, _ = get("/debug/pprof/cmdline")
	assert.Equal(t, 200, code)
	code, _ = get("/")
	assert.Equal(t, 404, code)
}

func TestTracingIsOffByDefault(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	shutdown, err := telemetry.Tracing(t.Context(), "identity")
	require.NoError(t, err)
	require.NoError(t, shutdown(t.Context()))
}

func TestTracingOn(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	shutdown, err := telemetry.Tracing(t.Context(), "identity")
	require.NoError(t, err)
	require.NoError(t, shutdown(t.Context()), "nothing was recorded, so nothing is lost")
}

func TestTraced(t *testing.T) {
	for _, c := range []struct {
		endpoint, traces, disabled string
		traced                     bool
	}{
		{"", "", "", false},
		{"http://127.0.0.1:4317", "", "", true},
		{"", "http://127.0.0.1:4317", "false", true},
		{"http://127.0.0.1:4317", "", "true", false},
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.endpoint)
		t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.traces)
		t.Setenv("OTEL_SDK_DISABLED", c.disabled)
		assert.Equal(t, c.traced, telemetry.Traced(), c)
	}
}
