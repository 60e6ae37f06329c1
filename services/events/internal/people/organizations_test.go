package people

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
)

// registry is an identity service that knows one organization and counts what it is asked.
type registry struct {
	identityv1.OrganizationServiceClient
	knows uuid.UUID
	asked atomic.Int32
	away  atomic.Bool
	mute  atomic.Bool // it takes questions and does not answer
}

func (r *registry) GetOrganization(ctx context.Context, _ *identityv1.GetOrganizationRequest, _ ...grpc.CallOption) (*identityv1.GetOrganizationResponse, error) {
	r.asked.Add(1)
	sent, _ := metadata.FromOutgoingContext(ctx)
	switch {
	case r.mute.Load():
		<-ctx.Done()
		return nil, ctx.Err()
	case r.away.Load():
		return nil, fault.New(fault.Unavailable, "OFF", "off")
	case sent.Get(auth.HeaderOrganization)[0] != r.knows.String():
		return nil, fault.New(fault.NotFound, "ORGANIZATION_NOT_FOUND", "organization not found")
	}
	return new(identityv1.GetOrganizationResponse), nil
}

func TestAnOrganizationIsAskedForOnce(t *testing.T) {
	r := &registry{knows: uuid.New()}
	o := NewOrganizations(r, time.Now)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { assert.NoError(t, o.Check(t.Context(), r.knows)) })
	}
	all.Wait()
	asked := r.asked.Load()
	require.NoError(t, o.Check(t.Context(), r.knows))
	require.Equal(t, asked, r.asked.Load())
	r.away.Store(true)
	require.NoError(t, o.Check(t.Context(), r.knows))
	r.away.Store(false)

	mistyped := uuid.New()
	err := o.Check(t.Context(), mistyped)
	require.ErrorIs(t, err, auth.ErrOrganizationNotFound)
	require.ErrorContains(t, err, mistyped.String())
	r.knows = mistyped
	require.NoError(t, o.Check(t.Context(), mistyped), "it was made meanwhile")
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = o.Check(t.Context(), mistyped) }))
}

func TestWhileNobodySaysWhetherAnOrganizationExistsItPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{}
		r.mute.Store(true)
		o := NewOrganizations(r, time.Now)
		begin := time.Now()
		for range 3 {
			require.NoError(t, o.Check(t.Context(), uuid.New()))
			require.Equal(t, askFor, time.Since(begin), "the first waits, the others do not")
			require.EqualValues(t, 1, r.asked.Load())
		}
		r.mute.Store(false)
		r.away.Store(true)
		for n := range int32(3) {
			<-time.After(askAgain)
			require.NoError(t, o.Check(t.Context(), uuid.New()))
			synctest.Wait()
			require.Equal(t, 2+n, r.asked.Load())
			require.NoError(t, o.Check(t.Context(), uuid.New()))
		}
		r.away.Store(false)
		<-time.After(askAgain)
		require.NoError(t, o.Check(t.Context(), uuid.New()), "who asks again does not wait")
		synctest.Wait()
		require.ErrorIs(t, o.Check(t.Context(), uuid.New()), auth.ErrOrganizationNotFound)
		require.EqualValues(t, 6, r.asked.Load())
	})
}

// nowhere is an identity service that does not know the organization.
type nowhere struct {
	identityv1.DeveloperServiceClient
}

func (nowhere) ResolveIdentities(context.Context, *identityv1.ResolveIdentitiesRequest, ...grpc.CallOption) (*identityv1.ResolveIdentitiesResponse, error) {
	return nil, fault.New(fault.NotFound, "ORGANIZATION_NOT_FOUND", "organization not found")
}

func TestAnOrganizationThatDoesNotExistIsNotOneThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	_, err := NewDirectory(nowhere{}, nil).Resolve(t.Context(), uuid.New(), []Hint{{Identity: events.Identity{Kind: 1, Value: "ada@example.org"}}})
	require.ErrorIs(t, err, auth.ErrOrganizationNotFound)
	require.Equal(t, fault.NotFound, fault.KindOf(err))
}
