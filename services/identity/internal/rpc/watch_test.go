package rpc_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

func TestWatchIdentitiesSpansOrganizationsAndResumes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, other := b.createTenant(t, "acme"), b.createTenant(t, "other")
	ada, bob := b.createDeveloper(t, acme, "Ada"), b.createDeveloper(t, acme, "Bob")
	eve := b.createDeveloper(t, other, "Eve")
	b.link(t, acme, ada, "ada@example.com")
	b.link(t, other, eve, "ada@example.com")
	at := timestamppb.New(b.clock.Now())
	want := []*identityv1.IdentityChange{
		{Sequence: 1, OrganizationId: acme.id, Identity: email("ada@example.com"), DeveloperId: ada, ChangedAt: at},
		{Sequence: 2, OrganizationId: other.id, Identity: email("ada@example.com"), DeveloperId: eve, ChangedAt: at},
		{Sequence: 3, OrganizationId: acme.id, Identity: email("ada@example.com"), DeveloperId: bob, PreviousDeveloperId: ada, ChangedAt: at},
	}

	ctx, cancel := context.WithCancel(b.service(t))
	stream, err := b.developers.WatchIdentities(ctx, &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	got := b.receive(t, stream, 2)
	_, err = b.developers.MergeDevelopers(acme.admin, &identityv1.MergeDevelopersRequest{TargetId: bob, SourceId: ada})
	require.NoError(t, err)
	got = append(got, b.receive(t, stream, 1)...)
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
	beat, err := stream.Recv()
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&identityv1.WatchIdentitiesResponse{Sequence: 3}, beat, protocmp.Transform()), "silence is broken by heartbeats")
	cancel()
	for err == nil { // a heartbeat may have come by then
		_, err = stream.Recv()
	}
	require.ErrorIs(t, err, fault.Canceled)

	for after := range int64(3) {
		resumed, err := b.developers.WatchIdentities(b.service(t), &identityv1.WatchIdentitiesRequest{AfterSequence: after})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want[after:], b.receive(t, resumed, int(3-after)), protocmp.Transform()), "resumed after %d", after)
	}
}

func TestWatchIdentitiesRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		after int64
		want  error
	}{
		{"an organization's key", b.createTenant(t, "acme").admin, 0, fault.Denied},
		{"the operator", b.operator(t), 0, fault.Denied},
		{"a negative number", b.service(t), -1, fault.Invalid},
		{"a number of another database", b.service(t), 1, identity.ErrSequenceAhead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream, err := b.developers.WatchIdentities(tt.ctx, &identityv1.WatchIdentitiesRequest{AfterSequence: tt.after})
			require.NoError(t, err)
			_, err = stream.Recv()
			require.ErrorIs(t, err, tt.want)
		})
	}
}

// receive reads until it has the number of changes.
func (b *bundle) receive(t *testing.T, stream identityv1.DeveloperService_WatchIdentitiesClient, count int) []*identityv1.IdentityChange {
	t.Helper()
	var changes []*identityv1.IdentityChange
	for len(changes) < count {
		batch, err := stream.Recv()
		require.NoError(t, err)
		changes = append(changes, batch.GetChanges()...)
		if len(batch.GetChanges()) > 0 {
			require.Equal(t, changes[len(changes)-1].GetSequence(), batch.GetSequence())
		}
	}
	return changes
}
