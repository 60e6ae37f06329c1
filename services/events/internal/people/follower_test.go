package people

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/memory"
)

// cut is an identity service whose changes cannot be watched for a while.
type cut struct {
	identityv1.DeveloperServiceClient
	off, refused atomic.Bool
}

func (c *cut) WatchIdentities(ctx context.Context, r *identityv1.WatchIdentitiesRequest, o ...grpc.CallOption) (grpc.ServerStreamingClient[identityv1.WatchIdentitiesResponse], error) {
	if c.off.Load() {
		c.refused.Store(true)
		return nil, fault.New(fault.Unavailable, "OFF", "off")
	}
	return c.DeveloperServiceClient.WatchIdentities(ctx, r, o...)
}

// TestAChangeThatAnotherInstanceAppliedIsHeard has two instances on one database, of which one hears nothing for a while. The other brings what changed meanwhile
// into the database; whom the first remembers is still its own to put right.
func TestAChangeThatAnotherInstanceAppliedIsHeard(t *testing.T) {
	t.Parallel()
	service, client := identitytest.Start(t)
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	organization, bob := uuid.New(), uuid.New()
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	first := &cut{DeveloperServiceClient: client}
	directory := NewDirectory(first, store)
	known := func() uuid.UUID {
		p, is := directory.Known(organization, identity.Kind, []byte(identity.Value))
		assert.True(t, is)
		return p.DeveloperID
	}
	sequence := func() int64 {
		n, err := store.Sequence(context.WithoutCancel(t.Context()))
		assert.NoError(t, err)
		return n
	}
	follow := func(f *Follower) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			require.NoError(t, <-done)
		})
	}
	_, err := directory.Resolve(t.Context(), organization, []Hint{{Identity: identity}})
	require.NoError(t, err)
	follow(NewFollower(directory, joinNobody, slog.New(slog.DiscardHandler)))
	require.Eventually(t, func() bool { return sequence() == 1 }, 20*time.Second, time.Millisecond)

	first.off.Store(true)
	service.SetDown(true)
	require.Eventually(t, first.refused.Load, 20*time.Second, time.Millisecond)
	service.Link(organization.String(), &identityv1.Identity{Kind: 1, Value: identity.Value}, bob.String())
	service.SetDown(false)
	follow(NewFollower(NewDirectory(client, store), joinNobody, slog.New(slog.DiscardHandler)))
	require.Eventually(t, func() bool { return sequence() == 2 }, 20*time.Second, time.Millisecond)
	require.NotEqual(t, bob, known())
	first.off.Store(false)
	require.Eventually(t, func() bool { return known() == bob }, 20*time.Second, time.Millisecond)
}
