package web_test

import (
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/web"
)

// A rule on the growth of a series does not see its first value.
func TestInternalErrorsOfEachRouteAreCountedFromZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	hooks := http.NewServeMux()
	hooks.HandleFunc("/hooks/{provider}/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	b := setup(t, func(_ *web.Config, deps *web.Deps) { deps.Registry, deps.Hooks = registry, hooks })
	for _, path := range []string{capturePath, "/cloudevents", "/hooks/github/1", "/healthz", "/nowhere"} {
		b.send(http.MethodPost, path, "")
	}
	codes := requests(t, registry)
	require.Greater(t, len(codes), 5)
	for route, counts := range codes {
		require.Contains(t, counts, "500", route)
		require.Zero(t, counts["500"], route)
	}
	require.Len(t, codes["/hooks/{provider}/{id}"], 2)
}

// requests is how many were counted, by route and code.
func requests(t *testing.T, registry prometheus.Gatherer) map[string]map[string]uint64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	counts := map[string]map[string]uint64{}
	for _, m := range families[0].GetMetric() {
		route := m.GetLabel()[1].GetValue()
		if counts[route] == nil {
			counts[route] = map[string]uint64{}
		}
		counts[route][m.GetLabel()[0].GetValue()] = m.GetHistogram().GetSampleCount()
	}
	return counts
}
