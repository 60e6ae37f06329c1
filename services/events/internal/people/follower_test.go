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

// shut is a store whose position in the changes cannot be read for a while.
type shut struct {
	*memory.Store
	off, refused atomic.Bool
}

func (s *shut) Sequence(ctx context.Context) (int64, error) {
	if s.off.Load() {
		s.refused.Store(true)
		return 0, events.ErrStoreUnavailable
	}
	return s.Store.Sequence(ctx)
}

// instances are several on one database.
type instances struct {
	*testing.T
	service      *identitytest.Service
	client       identityv1.DeveloperServiceClient
	store        *memory.Store
	organization uuid.UUID
	ada          events.Identity
}

func newInstances(t *testing.T) *instances {
	t.Helper()
	service, client := identitytest.Start(t)
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return &instances{t, service, client, store, uuid.New(), events.Identity{Kind: 1, Value: "ada@example.org"}}
}

// meet has the identity asked for.
func (i *instances) meet(d *Directory) {
	i.Helper()
	_, err := d.Resolve(i.Context(), i.organization, []Hint{{Identity: i.ada}})
	require.NoError(i, err)
}

// known is whose the identity is remembered to be; nobody's when it is not.
func (i *instances) known(d *Directory) uuid.UUID {
	p, _ := d.Known(i.organization, i.ada.Kind, []byte(i.ada.Value))
	return p.DeveloperID
}

// give gives the identity to somebody.
func (i *instances) give(to uuid.UUID) {
	i.service.Link(i.organization.String(), &identityv1.Identity{Kind: identityv1.IdentityKind(i.ada.Kind), Value: i.ada.Value}, to.String())
}

// follow has an instance follow the changes until the test ends.
func (i *instances) follow(d *Directory) {
	ctx, stop := context.WithCancel(i.Context())
	done := make(chan error, 1)
	go func() { done <- NewFollower(d, joinNobody, slog.New(slog.DiscardHandler)).Run(ctx) }()
	i.Cleanup(func() {
		stop()
		require.NoError(i, <-done)
	})
}

// applied waits until so many changes are in the database.
func (i *instances) applied(n int64) {
	i.Helper()
	i.eventually(func() bool {
		at, err := i.store.Sequence(context.WithoutCancel(i.Context()))
		assert.NoError(i, err)
		return at == n
	})
}

func (i *instances) eventually(is func() bool) {
	i.Helper()
	require.Eventually(i, is, 30*time.Second, time.Millisecond)
}

// TestAChangeThatAnotherInstanceAppliedIsHeard has two instances on one database, of which one hears nothing for a while. The other brings what changed meanwhile
// into the database; whom the first remembers is still its own to put right.
func TestAChangeThatAnotherInstanceAppliedIsHeard(t *testing.T) {
	t.Parallel()
	i, bob := newInstances(t), uuid.New()
	first := &cut{DeveloperServiceClient: i.client}
	directory := NewDirectory(first, i.store)
	i.meet(directory)
	i.follow(directory)
	i.applied(1)
	i.meet(directory) // whom it met before it followed it has forgotten

	first.off.Store(true)
	i.service.SetDown(true)
	i.eventually(first.refused.Load)
	i.give(bob)
	i.service.SetDown(false)
	i.follow(NewDirectory(i.client, i.store))
	i.applied(2)
	require.NotEqual(t, bob, i.known(directory))
	require.NotEqual(t, uuid.Nil, i.known(directory))
	first.off.Store(false)
	i.eventually(func() bool { return i.known(directory) == bob })
}

// TestWhoWasMetBeforeChangesWereFollowedIsAskedForAgain has an instance take events before it can read how far the changes are applied. What another applies
// meanwhile it does not hear.
func TestWhoWasMetBeforeChangesWereFollowedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	i, bob := newInstances(t), uuid.New()
	first := &shut{Store: i.store}
	first.off.Store(true)
	directory := NewDirectory(i.client, first)
	i.meet(directory)
	i.follow(directory)
	i.eventually(first.refused.Load)
	i.give(bob)
	i.follow(NewDirectory(i.client, i.store))
	i.applied(2)
	met := i.known(directory)
	require.NotEqual(t, uuid.Nil, met)
	first.off.Store(false)
	i.eventually(func() bool { return i.known(directory) != met })
	i.meet(directory)
	require.Equal(t, bob, i.known(directory))
}

// TestADatabaseFromABackupIsToldOfNobodiesAgain has a store lose a note of an identity that is nobody's: without it whoever the identity is given to gets no event.
func TestADatabaseFromABackupIsToldOfNobodiesAgain(t *testing.T) {
	t.Parallel()
	i, bob := newInstances(t), uuid.New()
	i.ada.Kind, i.ada.Value = 7, "browser"
	directory := NewDirectory(i.client, i.store)
	f := NewFollower(directory, joinNobody, slog.New(slog.DiscardHandler))
	follow := func(until int64) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		i.applied(until)
		stop()
		require.NoError(t, <-done)
	}
	other := &identityv1.Identity{Kind: 1, Value: "bob@example.org"}
	i.service.Link(i.organization.String(), other, bob.String())
	follow(1)
	i.meet(directory)

	i.store = memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, i.store.Close()) })
	directory.store, f.store = i.store, i.store
	follow(1)
	i.meet(directory)
	e := events.Event{ID: uuid.New(), Name: "e", Actor: i.ada, OccurredAt: time.Now().UTC(), Properties: "{}"}
	_, err := i.store.Append(t.Context(), i.organization, []events.Event{e})
	require.NoError(t, err)
	i.give(bob)
	follow(2)
	list, err := i.store.List(t.Context(), i.organization, events.ListQuery{Limit: 1, Range: events.AllTime})
	require.NoError(t, err)
	require.Equal(t, bob, list[0].DeveloperID)
}
