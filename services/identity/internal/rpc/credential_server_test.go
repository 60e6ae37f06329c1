package rpc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

func TestAKeyLivesUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	created, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "reader", Role: identity.RoleAnalyst})
	require.NoError(t, err)
	reader := servetest.As(t.Context(), created.GetToken())
	_, err = b.developers.ListDevelopers(reader, &identityv1.ListDevelopersRequest{})
	require.NoError(t, err)
	_, err = b.developers.CreateDeveloper(reader, &identityv1.CreateDeveloperRequest{DisplayName: "A"})
	require.ErrorIs(t, err, fault.Denied)

	answer, err := b.credentials.Introspect(b.service(t), &identityv1.IntrospectRequest{Token: created.GetToken()})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&identityv1.IntrospectResponse{
		Active: true, CredentialId: created.GetApiKey().GetId(), OrganizationId: acme.id, Role: identity.RoleAnalyst,
	}, answer, protocmp.Transform()))

	revoked, err := b.credentials.RevokeApiKey(acme.admin, &identityv1.RevokeApiKeyRequest{ApiKeyId: created.GetApiKey().GetId()})
	require.NoError(t, err)
	require.Equal(t, b.clock.Now(), revoked.GetApiKey().GetRevokedAt().AsTime())
	_, err = b.developers.ListDevelopers(reader, &identityv1.ListDevelopersRequest{})
	require.ErrorIs(t, err, fault.Unauthenticated)
	b.requireInactive(t, created.GetToken())

	b.clock.Advance(time.Hour)
	again, err := b.credentials.RevokeApiKey(acme.admin, &identityv1.RevokeApiKeyRequest{ApiKeyId: created.GetApiKey().GetId()})
	require.NoError(t, err)
	require.Equal(t, revoked.GetApiKey().GetRevokedAt().AsTime(), again.GetApiKey().GetRevokedAt().AsTime())
	_, err = b.credentials.RevokeApiKey(acme.admin, &identityv1.RevokeApiKeyRequest{ApiKeyId: unknownID()})
	require.ErrorIs(t, err, identity.ErrAPIKeyNotFound)
}

func TestAKeyExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	created, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{
		DisplayName: "short", Role: identity.RoleIngest, Lifetime: durationpb.New(time.Minute),
	})
	require.NoError(t, err)
	require.Equal(t, b.clock.Now().Add(time.Minute), created.GetApiKey().GetExpiresAt().AsTime())
	b.clock.Advance(time.Minute - time.Microsecond)
	answer, err := b.credentials.Introspect(b.service(t), &identityv1.IntrospectRequest{Token: created.GetToken()})
	require.NoError(t, err)
	require.True(t, answer.GetActive())
	require.Equal(t, created.GetApiKey().GetExpiresAt().AsTime(), answer.GetExpiresAt().AsTime())
	b.clock.Advance(time.Microsecond)
	b.requireInactive(t, created.GetToken())
	for _, lifetime := range []time.Duration{time.Minute - time.Nanosecond, 315360000*time.Second + 1} {
		_, err = b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "x", Role: identity.RoleIngest, Lifetime: durationpb.New(lifetime)})
		require.ErrorIs(t, err, fault.Invalid)
	}
}

// The answer to the making of a key is what is told of it ever after.
func TestAKeyIsListedAsItWasMade(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	b.clock.Advance(time.Minute)
	created, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{
		DisplayName: "odd", Role: identity.RoleIngest, Lifetime: durationpb.New(time.Minute + 1999*time.Nanosecond),
	})
	require.NoError(t, err)
	listed, err := b.credentials.ListApiKeys(acme.admin, &identityv1.ListApiKeysRequest{PageSize: 1})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(created.GetApiKey(), listed.GetApiKeys()[0], protocmp.Transform()))
}

func TestIntrospectTellsNothingOfBadTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, token := range []string{
		"x", auth.NewToken(auth.PrefixKey), auth.NewToken(auth.PrefixIngest), b.operatorToken, b.serviceToken, "dvk_\x00", "dvk_000000000000000000000000000000000000",
	} {
		b.requireInactive(t, token)
	}
	_, err := b.credentials.Introspect(b.createTenant(t, "acme").admin, &identityv1.IntrospectRequest{Token: "x"})
	require.ErrorIs(t, err, fault.Denied)
}

func TestAnAdminCannotMakeAnOwnersKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	_, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "boss", Role: identity.RoleOwner})
	require.ErrorIs(t, err, identity.ErrRoleExceedsMaker)
	_, err = b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "service", Role: identity.RoleService})
	require.ErrorIs(t, err, fault.Invalid)
	created, err := b.credentials.CreateApiKey(within(b.operator(t), acme.id), &identityv1.CreateApiKeyRequest{DisplayName: "boss", Role: identity.RoleOwner})
	require.NoError(t, err)
	_, err = b.credentials.CreateApiKey(servetest.As(t.Context(), created.GetToken()), &identityv1.CreateApiKeyRequest{DisplayName: "deputy", Role: identity.RoleOwner})
	require.NoError(t, err)
	_, err = b.credentials.CreateApiKey(within(b.operator(t), unknownID()), &identityv1.CreateApiKeyRequest{DisplayName: "x", Role: identity.RoleAdmin})
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
}

func TestAKeyCannotOutliveItsMaker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	day, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{
		DisplayName: "for a day", Role: identity.RoleAdmin, Lifetime: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	end := day.GetApiKey().GetExpiresAt().AsTime()
	maker := servetest.As(t.Context(), day.GetToken())
	b.clock.Advance(time.Hour)

	_, err = b.credentials.CreateApiKey(maker, &identityv1.CreateApiKeyRequest{
		DisplayName: "longer", Role: identity.RoleIngest, Lifetime: durationpb.New(23*time.Hour + time.Microsecond),
	})
	require.ErrorIs(t, err, identity.ErrLifetimeExceedsMaker)
	as, err := b.credentials.CreateApiKey(maker, &identityv1.CreateApiKeyRequest{
		DisplayName: "as long", Role: identity.RoleAdmin, Lifetime: durationpb.New(23 * time.Hour),
	})
	require.NoError(t, err)
	require.Equal(t, end, as.GetApiKey().GetExpiresAt().AsTime())
	without, err := b.credentials.CreateApiKey(maker, &identityv1.CreateApiKeyRequest{DisplayName: "no lifetime", Role: identity.RoleAdmin})
	require.NoError(t, err)
	require.NotNil(t, without.GetApiKey().GetExpiresAt())
	require.Equal(t, end, without.GetApiKey().GetExpiresAt().AsTime())
	b.clock.Advance(23 * time.Hour)
	b.requireInactive(t, without.GetToken())

	forever, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "no lifetime", Role: identity.RoleAdmin})
	require.NoError(t, err)
	require.Nil(t, forever.GetApiKey().GetExpiresAt())
}

func TestListApiKeysPagesNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	want := []string{"first admin key"}
	for i := range 5 {
		// Two at one moment: the id decides.
		if i%2 == 0 {
			b.clock.Advance(time.Second)
		}
		name := fmt.Sprintf("key %d", i)
		created, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: name, Role: identity.RoleIngest})
		require.NoError(t, err)
		require.Equal(t, created.GetToken()[:8], created.GetApiKey().GetTokenStart())
		want = append([]string{name}, want...)
	}
	for size := int32(1); size <= 7; size++ {
		var got []string
		req := &identityv1.ListApiKeysRequest{PageSize: size}
		for {
			res, err := b.credentials.ListApiKeys(acme.admin, req)
			require.NoError(t, err)
			for _, key := range res.GetApiKeys() {
				got = append(got, key.GetDisplayName())
			}
			if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		require.Equal(t, want, got, "pages of %d", size)
	}
	page, err := b.credentials.ListApiKeys(acme.admin, &identityv1.ListApiKeysRequest{PageSize: 1})
	require.NoError(t, err)
	_, err = b.credentials.ListApiKeys(b.createTenant(t, "other").admin, &identityv1.ListApiKeysRequest{PageToken: page.GetNextPageToken()})
	require.ErrorIs(t, err, fault.Invalid, "a token belongs to its organization's list")
}

func TestLastUseIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	lastUsed := func() *identityv1.ApiKey {
		res, err := b.credentials.ListApiKeys(acme.admin, &identityv1.ListApiKeysRequest{})
		require.NoError(t, err)
		return res.GetApiKeys()[0]
	}
	require.Nil(t, lastUsed().GetLastUsedAt())
	b.flushUses()
	require.Equal(t, b.clock.Now().Truncate(time.Minute), lastUsed().GetLastUsedAt().AsTime())
	b.clock.Advance(time.Minute)
	lastUsed()
	b.flushUses()
	require.Equal(t, b.clock.Now().Truncate(time.Minute), lastUsed().GetLastUsedAt().AsTime())
}

func (b *bundle) requireInactive(t *testing.T, token string) {
	t.Helper()
	answer, err := b.credentials.Introspect(b.service(t), &identityv1.IntrospectRequest{Token: token})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&identityv1.IntrospectResponse{}, answer, protocmp.Transform()))
}
