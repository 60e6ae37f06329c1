package serve

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProbe(t *testing.T) {
	s := testServer(t, Config{Address: "0.0.0.0:0"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Listening()
	var stderr bytes.Buffer
	env := func(name string) string { return map[string]string{"IDENTITY_ADDRESS": s.Addr().String()}[name] }
	require.Eventually(t, func() bool { return probe("identity", nil, env, &stderr) == 0 }, 30*time.Second, healthInterval/100)
	assert.Equal(t, 0, probe("identity", []string{s.Addr().String()}, env, &stderr))
	cancel()
	require.NoError(t, <-done)
	stderr.Reset()
	assert.Equal(t, 1, probe("identity", nil, env, &stderr))
	assert.Contains(t, stderr.String(), "IDENTITY_ADDRESS")
	assert.Equal(t, 1, probe("identity", nil, func(string) string { return "" }, &stderr))
}
