package rpc_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &identityv1.CreateOrganizationRequest{Slug: "acme", DisplayName: "Acme", RequestId: unknownID()}
	first, err := b.organizations.CreateOrganization(b.operator(t), req)
	require.NoError(t, err)
	require.Equal(t, "Acme", first.GetOrganization().GetDisplayName())
	own, err := b.organizations.GetOrganization(servetest.As(t.Context(), first.GetAdminToken()), &identityv1.GetOrganizationRequest{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first.GetOrganization(), own.GetOrganization(), protocmp.Transform()))

	again, err := b.organizations.CreateOrganization(b.operator(t), req)
	require.NoError(t, err)
	require.Empty(t, again.GetAdminToken(), "the token is shown once")
	require.Empty(t, cmp.Diff(first.GetOrganization(), again.GetOrganization(), protocmp.Transform()))

	_, err = b.organizations.CreateOrganization(b.operator(t), &identityv1.CreateOrganizationRequest{Slug: "acme"})
	require.ErrorIs(t, err, identity.ErrSlugTaken)
	_, err = b.organizations.CreateOrganization(b.operator(t), &identityv1.CreateOrganizationRequest{Slug: "acme", RequestId: unknownID()})
	require.ErrorIs(t, err, identity.ErrSlugTaken)
	_, err = b.organizations.CreateOrganization(b.operator(t), &identityv1.CreateOrganizationRequest{Slug: "Acme!"})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = b.organizations.CreateOrganization(b.operator(t), &identityv1.CreateOrganizationRequest{Slug: "zero", RequestId: uuid.Nil.String()})
	requireField(t, "request_id", err)
	_, err = b.organizations.CreateOrganization(servetest.As(t.Context(), first.GetAdminToken()), &identityv1.CreateOrganizationRequest{Slug: "mine"})
	require.ErrorIs(t, err, fault.Denied)
}

func TestGetOrganization(t *testing.T) {
	t.Parallel()
	b := setup(t)
	here, there := b.createTenant(t, "here"), b.createTenant(t, "there")
	_, err := b.organizations.GetOrganization(here.admin, &identityv1.GetOrganizationRequest{OrganizationId: there.id})
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
	_, err = b.organizations.GetOrganization(within(b.service(t), here.id), &identityv1.GetOrganizationRequest{OrganizationId: there.id})
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
	res, err := b.organizations.GetOrganization(within(b.operator(t), here.id), &identityv1.GetOrganizationRequest{OrganizationId: there.id})
	require.NoError(t, err)
	require.Equal(t, "there", res.GetOrganization().GetSlug())
	_, err = b.organizations.GetOrganization(b.operator(t), &identityv1.GetOrganizationRequest{OrganizationId: there.id})
	require.ErrorIs(t, err, auth.ErrOrganizationMissing)
	_, err = b.organizations.GetOrganization(within(b.operator(t), unknownID()), &identityv1.GetOrganizationRequest{})
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
	_, err = b.organizations.GetOrganization(here.admin, &identityv1.GetOrganizationRequest{OrganizationId: uuid.Nil.String()})
	requireField(t, "organization_id", err)
}

func TestListOrganizationsPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf("org-%d", i))
		b.createTenant(t, fmt.Sprintf("org-%d", 4-i))
	}
	for size := int32(1); size <= 6; size++ {
		var got []string
		req := &identityv1.ListOrganizationsRequest{PageSize: size}
		for {
			res, err := b.organizations.ListOrganizations(b.service(t), req)
			require.NoError(t, err)
			require.LessOrEqual(t, len(res.GetOrganizations()), int(size))
			for _, organization := range res.GetOrganizations() {
				got = append(got, organization.GetSlug())
			}
			if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		require.Equal(t, want, got, "pages of %d", size)
	}
	_, err := b.organizations.ListOrganizations(b.service(t), &identityv1.ListOrganizationsRequest{PageToken: "x"})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = b.organizations.ListOrganizations(b.createTenant(t, "nosy").admin, &identityv1.ListOrganizationsRequest{})
	require.ErrorIs(t, err, fault.Denied)
}
