package web_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/web"
)

// TestABalancerIsToldWhereEventsAreTakenIn asks as one does, without a credential.
func TestABalancerIsToldWhereEventsAreTakenIn(t *testing.T) {
	var health error
	b := setup(t, func(_ *web.Config, d *web.Deps) { d.Health = func(context.Context) error { return health } })
	ask := func() (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/healthz", http.NoBody)
		require.NoError(t, err)
		res, err := b.client.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(text)
	}
	status, text := ask()
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "ok\n", text)
	health = queue.ErrElsewhere.With("the instance %q takes events in", "a host whose name is nobody's business")
	status, text = ask()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "QUEUE_ELSEWHERE\n", text)
	require.NotContains(t, b.logs.String(), "healthz")
}
