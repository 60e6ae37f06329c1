package rpc_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

// Every RPC is called with another tenant's ids, by the other tenant's admin: what is named is not found, what is listed is one's own,
// and nothing of the first tenant changes. An RPC without a case here fails the test.
func TestTenantsCannotSeeEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme, spy := b.createTenant(t, "acme"), b.createTenant(t, "spy")
	ada, bob := b.createDeveloper(t, acme, "Ada"), b.createDeveloper(t, acme, "Bob")
	b.link(t, acme, ada, "ada@example.com")
	mole := b.createDeveloper(t, spy, "Mole")
	key, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "reader", Role: identity.RoleAnalyst})
	require.NoError(t, err)
	keyID := key.GetApiKey().GetId()
	before := b.everything(t, acme, ada, bob)

	notFound := func(_ any, err error) { require.ErrorIs(t, err, fault.NotFound) }
	denied := func(_ any, err error) { require.ErrorIs(t, err, fault.Denied) }
	cases := map[string]func(t *testing.T){
		"CreateApiKey": func(t *testing.T) {
			created, err := b.credentials.CreateApiKey(spy.admin, &identityv1.CreateApiKeyRequest{DisplayName: "mine", Role: identity.RoleAdmin})
			require.NoError(t, err)
			answer, err := b.credentials.Introspect(b.service(t), &identityv1.IntrospectRequest{Token: created.GetToken()})
			require.NoError(t, err)
			require.Equal(t, spy.id, answer.GetOrganizationId())
			notFound(b.credentials.CreateApiKey(within(spy.admin, acme.id), &identityv1.CreateApiKeyRequest{DisplayName: "theirs", Role: identity.RoleAdmin}))
		},
		"ListApiKeys": func(t *testing.T) {
			res, err := b.credentials.ListApiKeys(spy.admin, &identityv1.ListApiKeysRequest{})
			require.NoError(t, err)
			for _, key := range res.GetApiKeys() {
				require.NotEqual(t, keyID, key.GetId())
			}
		},
		"RevokeApiKey": func(*testing.T) {
			notFound(b.credentials.RevokeApiKey(spy.admin, &identityv1.RevokeApiKeyRequest{ApiKeyId: keyID}))
		},
		"Introspect": func(*testing.T) {
			denied(b.credentials.Introspect(spy.admin, &identityv1.IntrospectRequest{Token: key.GetToken()}))
		},
		"CreateDeveloper": func(*testing.T) {
			notFound(b.developers.CreateDeveloper(within(spy.admin, acme.id), &identityv1.CreateDeveloperRequest{DisplayName: "planted"}))
		},
		"GetDeveloper": func(*testing.T) {
			notFound(b.developers.GetDeveloper(spy.admin, &identityv1.GetDeveloperRequest{DeveloperId: ada}))
			notFound(b.developers.GetDeveloper(within(b.service(t), spy.id), &identityv1.GetDeveloperRequest{DeveloperId: ada}))
		},
		"BatchGetDevelopers": func(t *testing.T) {
			res, err := b.developers.BatchGetDevelopers(spy.admin, &identityv1.BatchGetDevelopersRequest{DeveloperIds: []string{ada, mole}})
			require.NoError(t, err)
			require.Nil(t, res.GetMatches()[0].GetDeveloper())
			require.Equal(t, mole, res.GetMatches()[1].GetDeveloper().GetId())
		},
		"ListDevelopers": func(t *testing.T) {
			res, err := b.developers.ListDevelopers(spy.admin, &identityv1.ListDevelopersRequest{})
			require.NoError(t, err)
			for _, developer := range res.GetDevelopers() {
				require.NotContains(t, []string{ada, bob}, developer.GetId())
			}
		},
		"LinkIdentity": func(t *testing.T) {
			notFound(b.developers.LinkIdentity(spy.admin, &identityv1.LinkIdentityRequest{DeveloperId: ada, Identity: email("mole@example.com")}))
			notFound(b.developers.LinkIdentity(spy.admin, &identityv1.LinkIdentityRequest{DeveloperId: ada, Identity: email("ada@example.com"), Replace: true}))
			// Their own identity of the same value is another one; somebody of theirs may have it by now.
			_, err := b.developers.LinkIdentity(spy.admin, &identityv1.LinkIdentityRequest{DeveloperId: mole, Identity: email("ada@example.com"), Replace: true})
			require.NoError(t, err)
		},
		"MergeDevelopers": func(*testing.T) {
			notFound(b.developers.MergeDevelopers(spy.admin, &identityv1.MergeDevelopersRequest{TargetId: mole, SourceId: ada}))
			notFound(b.developers.MergeDevelopers(spy.admin, &identityv1.MergeDevelopersRequest{TargetId: ada, SourceId: mole}))
			notFound(b.developers.MergeDevelopers(spy.admin, &identityv1.MergeDevelopersRequest{TargetId: ada, SourceId: bob}))
		},
		"ResolveIdentities": func(t *testing.T) {
			res, err := b.developers.ResolveIdentities(spy.admin, &identityv1.ResolveIdentitiesRequest{
				Hints: []*identityv1.IdentityHint{{Identity: email("ada@example.com")}}, CreateMissing: true,
			})
			require.NoError(t, err)
			require.NotEqual(t, ada, res.GetIdentities()[0].GetDeveloperId())
		},
		"WatchIdentities": func(t *testing.T) {
			stream, err := b.developers.WatchIdentities(spy.admin, &identityv1.WatchIdentitiesRequest{})
			require.NoError(t, err)
			denied(stream.Recv())
		},
		"CreateOrganization": func(*testing.T) {
			denied(b.organizations.CreateOrganization(spy.admin, &identityv1.CreateOrganizationRequest{Slug: "shadow"}))
		},
		"GetOrganization": func(*testing.T) {
			notFound(b.organizations.GetOrganization(spy.admin, &identityv1.GetOrganizationRequest{OrganizationId: acme.id}))
			notFound(b.organizations.GetOrganization(within(spy.admin, acme.id), &identityv1.GetOrganizationRequest{}))
		},
		"ListOrganizations": func(*testing.T) {
			denied(b.organizations.ListOrganizations(spy.admin, &identityv1.ListOrganizationsRequest{}))
		},
	}
	services := identityv1.File_devtrail_identity_v1_credential_service_proto.Services().Get(0).Methods().Len() +
		identityv1.File_devtrail_identity_v1_developer_service_proto.Services().Get(0).Methods().Len() +
		identityv1.File_devtrail_identity_v1_organization_service_proto.Services().Get(0).Methods().Len()
	require.Len(t, cases, services, "an RPC has no case")
	for name, run := range cases {
		t.Run(name, run)
	}
	require.Empty(t, cmp.Diff(before, b.everything(t, acme, ada, bob), protocmp.Transform()))
}

// everything is what a tenant can see of itself.
func (b *bundle) everything(t *testing.T, who tenant, developers ...string) []any {
	t.Helper()
	keys, err := b.credentials.ListApiKeys(who.admin, &identityv1.ListApiKeysRequest{})
	require.NoError(t, err)
	list, err := b.developers.ListDevelopers(who.admin, &identityv1.ListDevelopersRequest{})
	require.NoError(t, err)
	batch, err := b.developers.BatchGetDevelopers(who.admin, &identityv1.BatchGetDevelopersRequest{DeveloperIds: developers})
	require.NoError(t, err)
	organization, err := b.organizations.GetOrganization(who.admin, &identityv1.GetOrganizationRequest{})
	require.NoError(t, err)
	return []any{keys, list, batch, organization}
}

func TestCallersWithoutAGoodToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, ctx := range []context.Context{t.Context(), servetest.As(t.Context(), auth.NewToken(auth.PrefixKey)), servetest.As(t.Context(), auth.NewToken(auth.PrefixOperator)), servetest.As(t.Context(), "junk")} {
		_, err := b.developers.ListDevelopers(ctx, &identityv1.ListDevelopersRequest{})
		require.ErrorIs(t, err, fault.Unauthenticated)
	}
}
