package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// callsAtOnce is how many calls of a connection the identity service answers at once.
const callsAtOnce = 1000

// stuck is an identity service that knows every key, and whose identities wait until it is let go.
type stuck struct {
	identities

	waiting atomic.Int64
	letGo   chan struct{}
}

func (s *stuck) ResolveIdentities(ctx context.Context, req *identityv1.ResolveIdentitiesRequest) (*identityv1.ResolveIdentitiesResponse, error) {
	s.waiting.Add(1)
	select {
	case <-s.letGo:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.identities.ResolveIdentities(ctx, req)
}

// TestKeysAreLookedUpWhileIdentitiesWait has as many events wait for their identities as the identity service answers calls of a connection.
func TestKeysAreLookedUpWhileIdentitiesWait(t *testing.T) {
	identity := &stuck{letGo: make(chan struct{})}
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(grpc.MaxConcurrentStreams(callsAtOnce))
	identityv1.RegisterCredentialServiceServer(server, identity)
	identityv1.RegisterDeveloperServiceServer(server, identity)
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	settings := map[string]string{
		"DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "EVENTS_ADDRESS": servetest.FreeAddress(t), "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0",
		"EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": lis.Addr().String(), "EVENTS_POSTGRES_URL": dbtest.Postgres(t, eventsmigrations.Postgres()),
		"EVENTS_QUEUE_DIR": filepath.Join(t.TempDir(), "queue"), "EVENTS_STORE": storePostgres,
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	require.Eventually(t, func() bool { return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil }, 30*time.Second, 20*time.Millisecond)

	client := func() eventsv1.IngestServiceClient {
		conn, err := dial.New(settings["EVENTS_ADDRESS"], dial.Options{Token: auth.NewToken(auth.PrefixIngest)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return eventsv1.NewIngestServiceClient(conn)
	}
	capture := func(c eventsv1.IngestServiceClient, actor *identityv1.Identity) (*eventsv1.CaptureEventsResponse, error) {
		return c.CaptureEvents(t.Context(), &eventsv1.CaptureEventsRequest{Events: []*eventsv1.Event{{
			Actor: actor, Id: uuid.NewString(), Name: "a", OccurredAt: timestamppb.Now(), Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK},
		}}})
	}
	var waiting sync.WaitGroup
	for n, c := range []eventsv1.IngestServiceClient{client(), client()} {
		for i := range callsAtOnce / 2 {
			waiting.Go(func() {
				res, err := capture(c, &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: fmt.Sprintf("%d.%d@example.org", n, i)})
				if assert.NoError(t, err) {
					assert.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, res.GetResults()[0].GetStatus())
				}
			})
		}
	}
	require.Eventually(t, func() bool { return identity.waiting.Load() >= callsAtOnce-20 }, 20*time.Second, 10*time.Millisecond)
	res, err := capture(client(), nil)
	close(identity.letGo)
	require.NoError(t, err, "a key that was never seen is looked up meanwhile")
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, res.GetResults()[0].GetStatus())
	waiting.Wait()
}
