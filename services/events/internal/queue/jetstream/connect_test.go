package jetstream

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// lines is what a logger has written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// guarded is a broker that wants a password, which it may be started again with another of.
func guarded(t *testing.T) (b *broker, again func(password string)) {
	t.Helper()
	b = &broker{t: t, options: brokerOptions(t)}
	b.options.Username, b.options.Password = "events", "right"
	b.start()
	t.Cleanup(func() { b.stop() }) // the last one
	return b, func(password string) {
		b.stop()
		b.options.Password = password
		b.start()
	}
}

// A broker that refuses the credentials for a while, as one does that has not read its accounts yet, is not given up.
func TestABrokerThatRefusedTheCredentialsIsMetAgain(t *testing.T) {
	b, again := guarded(t)
	o := logOptions(t, b)
	o.Lease, o.URL = time.Second, "nats://events:right@"+b.Addr().String()
	var said lines
	o.Logger = slog.New(slog.NewTextHandler(&said, nil))
	l := openLog(t, o)
	require.NoError(t, l.Await(t.Context()))
	again("wrong")
	tried := l.nc.Stats().Reconnects
	require.Eventually(t, func() bool { return said.count("uthorization") > 0 }, soon, time.Millisecond)
	require.Eventually(t, func() bool { return said.count("is not renewed") >= 2 }, soon, time.Millisecond, "some tries to connect later")
	require.Equal(t, 1, said.count(`complains" error="nats: authorization`), "it is said once, not with each try")
	again("right")
	require.Eventually(t, func() bool { return l.Ready() == nil }, soon, time.Millisecond)
	require.Greater(t, l.nc.Stats().Reconnects, tried)
	require.NoError(t, appendFrame(t, l, "goes on", uuid.New()))
}

// Who waits for a broker that lets it not in says why, and not twice a second.
func TestWhyABrokerIsNotThereIsSaid(t *testing.T) {
	b, again := guarded(t)
	o := logOptions(t, b)
	o.URL = "nats://events:other@" + b.Addr().String()
	var said lines
	o.Logger = slog.New(slog.NewTextHandler(&said, nil))
	l := openLog(t, o)
	require.Eventually(t, func() bool { return said.count("cannot be taken over yet") > 0 && said.count("uthorization") > 0 }, soon, time.Millisecond)
	again("other")
	require.NoError(t, l.Await(t.Context()))
	require.Zero(t, said.count("outbound buffer"), "that nothing could be sent is no reason")
	require.Zero(t, said.count("other@"))
}
