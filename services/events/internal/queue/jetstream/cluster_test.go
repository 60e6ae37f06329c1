package jetstream

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().(*net.TCPAddr).Port
}

// startCluster starts three brokers that know each other.
func startCluster(t *testing.T) []*broker {
	t.Helper()
	ports := []int{freePort(t), freePort(t), freePort(t)}
	var routes []*url.URL
	for _, port := range ports {
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: fmt.Sprint("127.0.0.1:", port)})
	}
	var brokers []*broker
	for i, port := range ports {
		b := &broker{t: t, options: server.Options{
			Cluster: server.ClusterOpts{Host: "127.0.0.1", Name: "test", Port: port},
			Host:    "127.0.0.1", JetStream: true, NoLog: true, NoSigs: true, Port: server.RANDOM_PORT, Routes: routes, ServerName: fmt.Sprint("n", i),
			StoreDir: filepath.Join(t.TempDir(), "nats"), SyncAlways: true,
		}}
		b.start()
		t.Cleanup(b.stop)
		brokers = append(brokers, b)
	}
	return brokers
}

// Three copies: a broker may go, whichever it is, and nothing that was acknowledged goes with it or comes twice.
func TestABrokerOfThreeMayGo(t *testing.T) {
	brokers := startCluster(t)
	o := logOptions(t, brokers[0])
	o.Lease, o.Replicas = time.Minute, 3
	var addresses []string
	for _, b := range brokers {
		addresses = append(addresses, b.ClientURL())
	}
	o.URL = strings.Join(addresses, ",")
	l := openLog(t, o)
	require.NoError(t, l.Await(t.Context()))
	leads := func(b *broker) bool { return b.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, o.Stream) }
	var acked []string
	keep := func() {
		frame := strconv.Itoa(len(acked))
		require.Eventually(t, func() bool { return l.Ready() == nil }, soon, time.Millisecond)
		require.NoError(t, appendFrame(t, l, frame, uuid.New()))
		acked = append(acked, frame)
	}
	for range 20 {
		keep()
	}
	leader := slices.IndexFunc(brokers, leads)
	require.GreaterOrEqual(t, leader, 0)
	brokers[leader].stop()
	for range 20 {
		keep()
	}
	frames, ids := contents(t, l)
	require.Equal(t, acked, frames)
	require.Len(t, ids, len(acked))

	brokers[leader].start()
	require.NoError(t, l.Close())
	o.Instance = "two"
	two := openLog(t, o)
	require.NoError(t, two.Await(t.Context()))
	frames, ids = contents(t, two)
	require.Equal(t, acked, frames)
	require.Len(t, ids, len(acked))
	// A broker that is stopped while it takes its copies up again leaves goroutines behind.
	copies := streams(t, brokers[(leader+1)%len(brokers)])
	require.Positive(t, copies)
	require.Eventually(t, func() bool { return streams(t, brokers[leader]) == copies }, soon, time.Millisecond)
}

// streams is how many a broker has copies of.
func streams(t *testing.T, b *broker) int {
	t.Helper()
	z, err := b.Jsz(nil)
	require.NoError(t, err)
	return z.Streams
}
