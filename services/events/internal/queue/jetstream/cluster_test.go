package jetstream

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/serve/servetest"
	"devtrail.dev/services/events/internal/queue"
)

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) (host string, port int) {
	t.Helper()
	found, err := netip.ParseAddrPort(servetest.FreeAddress(t))
	require.NoError(t, err)
	return found.Addr().String(), int(found.Port())
}

// startCluster starts three brokers that know each other.
func startCluster(t *testing.T) []*broker {
	t.Helper()
	var members []server.ClusterOpts
	var routes []*url.URL
	for range 3 {
		host, port := freeAddress(t)
		members = append(members, server.ClusterOpts{Host: host, Name: "test", Port: port})
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: net.JoinHostPort(host, strconv.Itoa(port))})
	}
	var brokers []*broker
	for i, member := range members {
		b := &broker{t: t, options: brokerOptions(t)}
		b.options.Cluster, b.options.Routes, b.options.ServerName = member, routes, fmt.Sprint("n", i)
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
		var p queue.Pending
		require.Eventually(t, func() bool { // while it is connected to no broker it refuses, and nothing has got a position
			var err error
			p, err = l.Append(context.WithoutCancel(t.Context()), 1, []queue.Entry{{Frame: []byte(frame), IDs: []uuid.UUID{uuid.New()}, Received: time.UnixMicro(1).UTC()}})
			return err == nil
		}, time.Minute, time.Millisecond)
		require.NoError(t, p.Wait())
		acked = append(acked, frame)
	}
	for range 20 {
		keep()
	}
	var leader int
	require.Eventually(t, func() bool { // there is none while they choose another
		leader = slices.IndexFunc(brokers, leads)
		return leader >= 0
	}, time.Minute, time.Millisecond)
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
	const copies = 3 // of the frames, of their ids, and of who has the log
	require.Eventually(t, func() bool { return streams(brokers[leader]) == copies }, time.Minute, time.Millisecond)
}

// streams is how many a broker has copies of, none while it cannot tell.
func streams(b *broker) int {
	z, err := b.Jsz(nil)
	if err != nil {
		return 0
	}
	return z.Streams
}
