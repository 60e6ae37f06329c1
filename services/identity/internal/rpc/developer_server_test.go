package rpc_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

func TestCreateDeveloperIsRepeatable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	req := &identityv1.CreateDeveloperRequest{DisplayName: "Ada", RequestId: unknownID()}
	first, err := b.developers.CreateDeveloper(acme.admin, req)
	require.NoError(t, err)
	again, err := b.developers.CreateDeveloper(acme.admin, req)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, again, protocmp.Transform()))
	other, err := b.developers.CreateDeveloper(b.createTenant(t, "other").admin, req)
	require.NoError(t, err)
	require.NotEqual(t, first.GetDeveloper().GetId(), other.GetDeveloper().GetId(), "another organization's request is another request")
	for _, name := range []string{"", "a\x00b", "  "} {
		_, err = b.developers.CreateDeveloper(acme.admin, &identityv1.CreateDeveloperRequest{DisplayName: name})
		require.ErrorIs(t, err, fault.Invalid, "%q", name)
	}
	_, err = b.developers.CreateDeveloper(acme.admin, &identityv1.CreateDeveloperRequest{DisplayName: "Ada", RequestId: uuid.Nil.String()})
	requireField(t, "request_id", err)
}

func TestLinkIdentity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	ada, bob := b.createDeveloper(t, acme, "Ada"), b.createDeveloper(t, acme, "Bob")
	want := &identityv1.Developer{
		Id: ada, DisplayName: "Ada", CreatedAt: timestamppb.New(b.clock.Now()),
		Identities: []*identityv1.LinkedIdentity{{
			Identity: email("ada@example.com"), Evidence: identityv1.Evidence_EVIDENCE_ADMINISTRATOR, LinkedAt: timestamppb.New(b.clock.Now()),
		}},
	}
	require.Empty(t, cmp.Diff(want, b.link(t, acme, ada, " Ada@Example.com"), protocmp.Transform()))
	b.clock.Advance(1)
	require.Empty(t, cmp.Diff(want, b.link(t, acme, ada, "ada@example.com"), protocmp.Transform()), "again changes nothing")

	_, err := b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{DeveloperId: bob, Identity: email("ada@example.com")})
	require.ErrorIs(t, err, identity.ErrIdentityLinked)
	require.ErrorIs(t, err, fault.State)
	_, err = b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{DeveloperId: bob, Identity: email("root@localhost")})
	require.ErrorIs(t, err, identity.ErrIdentityGeneric)
	_, err = b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{DeveloperId: bob, Identity: &identityv1.Identity{
		Kind: identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, Value: "octocat",
	}})
	require.ErrorIs(t, err, identity.ErrIdentityValueInvalid)
	res, err := b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{
		DeveloperId: bob, Identity: email("ada@example.com"), Evidence: identityv1.Evidence_EVIDENCE_MAILMAP, Replace: true,
	})
	require.NoError(t, err)
	require.Equal(t, identityv1.Evidence_EVIDENCE_MAILMAP, res.GetDeveloper().GetIdentities()[0].GetEvidence())
	machine := &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_MACHINE, Value: "laptop"}
	_, err = b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{DeveloperId: bob, Identity: machine})
	require.NoError(t, err, "a machine is linked by somebody")
}

func TestMergeDevelopers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	ada, alias := b.createDeveloper(t, acme, "Ada"), b.createDeveloper(t, acme, "A. Lovelace")
	b.link(t, acme, alias, "lovelace@example.com")
	req := &identityv1.MergeDevelopersRequest{TargetId: ada, SourceId: alias, Reason: "the same person"}
	first, err := b.developers.MergeDevelopers(acme.admin, req)
	require.NoError(t, err)
	require.Equal(t, ada, first.GetDeveloper().GetId())
	require.Len(t, first.GetDeveloper().GetIdentities(), 1)
	again, err := b.developers.MergeDevelopers(acme.admin, req)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, again, protocmp.Transform()))
	old, err := b.developers.GetDeveloper(acme.admin, &identityv1.GetDeveloperRequest{DeveloperId: alias})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first.GetDeveloper(), old.GetDeveloper(), protocmp.Transform()))
	for _, bad := range []*identityv1.MergeDevelopersRequest{{TargetId: ada, SourceId: ada}, {TargetId: alias, SourceId: ada}, {TargetId: ada, SourceId: "x"}} {
		_, err = b.developers.MergeDevelopers(acme.admin, bad)
		require.ErrorIs(t, err, fault.Invalid)
	}
	require.Equal(t, ada, b.link(t, acme, alias, "new@example.com").GetId(), "linking to a merged developer reaches the survivor")
}

func TestListAndBatchGetDevelopers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	var ids []string
	for i := range 5 {
		ids = append(ids, b.createDeveloper(t, acme, fmt.Sprintf("D%d", i)))
	}
	b.link(t, acme, ids[1], "d1@example.com")
	_, err := b.developers.MergeDevelopers(acme.admin, &identityv1.MergeDevelopersRequest{TargetId: ids[0], SourceId: ids[1]})
	require.NoError(t, err)
	for size := int32(1); size <= 5; size++ {
		var got []string
		req := &identityv1.ListDevelopersRequest{PageSize: size}
		for {
			res, err := b.developers.ListDevelopers(acme.admin, req)
			require.NoError(t, err)
			for _, developer := range res.GetDevelopers() {
				require.Empty(t, developer.GetIdentities())
				got = append(got, developer.GetId())
			}
			if req.PageToken = res.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		require.Equal(t, []string{ids[0], ids[2], ids[3], ids[4]}, got, "pages of %d", size)
	}
	unknown := unknownID()
	res, err := b.developers.BatchGetDevelopers(within(b.service(t), acme.id), &identityv1.BatchGetDevelopersRequest{DeveloperIds: []string{ids[1], unknown, ids[0], ids[1]}})
	require.NoError(t, err)
	require.Len(t, res.GetMatches(), 4)
	require.Equal(t, ids[1], res.GetMatches()[0].GetDeveloperId())
	require.Equal(t, ids[0], res.GetMatches()[0].GetDeveloper().GetId())
	require.Len(t, res.GetMatches()[0].GetDeveloper().GetIdentities(), 1)
	require.Equal(t, unknown, res.GetMatches()[1].GetDeveloperId())
	require.Nil(t, res.GetMatches()[1].GetDeveloper())
	require.Empty(t, cmp.Diff(res.GetMatches()[0], res.GetMatches()[3], protocmp.Transform()))
}

// Who asks for many ids that were merged into one developer gets what she has with each of them, unless it is left out.
func TestManyWhoWereMergedIntoOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	req := &identityv1.ResolveIdentitiesRequest{CreateMissing: true}
	for i := range 300 {
		req.Hints = append(req.Hints, &identityv1.IdentityHint{Identity: email(fmt.Sprintf("d%03d@example.com", i))})
	}
	made, err := b.developers.ResolveIdentities(acme.admin, req)
	require.NoError(t, err)
	ids := make([]string, len(req.GetHints()))
	for i, r := range made.GetIdentities() {
		if ids[i] = r.GetDeveloperId(); i > 0 {
			_, err := b.developers.MergeDevelopers(acme.admin, &identityv1.MergeDevelopersRequest{TargetId: ids[0], SourceId: ids[i]})
			require.NoError(t, err)
		}
	}
	survivor, err := b.developers.GetDeveloper(acme.admin, &identityv1.GetDeveloperRequest{DeveloperId: ids[0]})
	require.NoError(t, err)
	require.Len(t, survivor.GetDeveloper().GetIdentities(), len(ids))
	for i, linked := range survivor.GetDeveloper().GetIdentities() {
		require.Equal(t, req.GetHints()[i].GetIdentity().GetValue(), linked.GetIdentity().GetValue())
	}
	bare := proto.CloneOf(survivor.GetDeveloper())
	bare.Identities = nil
	for view, want := range map[identityv1.DeveloperView]*identityv1.Developer{
		identityv1.DeveloperView_DEVELOPER_VIEW_UNSPECIFIED: survivor.GetDeveloper(),
		identityv1.DeveloperView_DEVELOPER_VIEW_FULL:        survivor.GetDeveloper(),
		identityv1.DeveloperView_DEVELOPER_VIEW_BASIC:       bare,
	} {
		res, err := b.developers.BatchGetDevelopers(acme.admin, &identityv1.BatchGetDevelopersRequest{DeveloperIds: ids, View: view})
		require.NoError(t, err)
		require.Len(t, res.GetMatches(), len(ids))
		for i, match := range res.GetMatches() {
			require.Equal(t, ids[i], match.GetDeveloperId())
			require.True(t, proto.Equal(want, match.GetDeveloper()), view)
		}
		if view == identityv1.DeveloperView_DEVELOPER_VIEW_BASIC {
			require.Less(t, proto.Size(res), 50_000)
		}
	}
	_, err = b.developers.BatchGetDevelopers(acme.admin, &identityv1.BatchGetDevelopersRequest{DeveloperIds: ids, View: 9})
	require.ErrorIs(t, err, fault.Invalid)
}

// Answers carry values without surrounding blanks, and none that is empty.
func TestAValueOfBlanksIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	for _, value := range []string{" ", " \u2003\u00a0"} {
		_, err := b.developers.ResolveIdentities(acme.admin, &identityv1.ResolveIdentitiesRequest{
			CreateMissing: true, Hints: []*identityv1.IdentityHint{{Identity: email("ada@example.com")}, {Identity: email(value)}},
		})
		require.ErrorIs(t, err, identity.ErrIdentityValueInvalid, "%q", value)
		refused, _ := errors.AsType[*fault.Fault](err)
		require.Equal(t, "hints[1].identity.value", refused.FieldPath())
		_, err = b.developers.LinkIdentity(acme.admin, &identityv1.LinkIdentityRequest{DeveloperId: b.createDeveloper(t, acme, "Ada"), Identity: email(value)})
		require.ErrorIs(t, err, fault.Invalid)
	}
}

func TestResolveIdentities(t *testing.T) {
	t.Parallel()
	b := setup(t)
	acme := b.createTenant(t, "acme")
	reader, err := b.credentials.CreateApiKey(acme.admin, &identityv1.CreateApiKeyRequest{DisplayName: "reader", Role: identity.RoleAnalyst})
	require.NoError(t, err)
	analyst := servetest.As(t.Context(), reader.GetToken())
	req := &identityv1.ResolveIdentitiesRequest{Hints: []*identityv1.IdentityHint{
		{Identity: email("ADA@example.com"), DisplayName: "Ada"},
		{Identity: email("root@localhost")},
		{Identity: &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_MACHINE, Value: "laptop"}},
	}}
	res, err := b.developers.ResolveIdentities(analyst, req)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&identityv1.ResolvedIdentity{Identity: email("ada@example.com")}, res.GetIdentities()[0], protocmp.Transform()))
	req.CreateMissing = true
	_, err = b.developers.ResolveIdentities(analyst, req)
	require.ErrorIs(t, err, identity.ErrCreateMissingDenied)
	res, err = b.developers.ResolveIdentities(within(b.service(t), acme.id), req)
	require.NoError(t, err)
	require.NotEmpty(t, res.GetIdentities()[0].GetDeveloperId())
	require.Empty(t, res.GetIdentities()[1].GetDeveloperId())
	require.Empty(t, res.GetIdentities()[2].GetDeveloperId())
	again, err := b.developers.ResolveIdentities(acme.admin, req)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(res, again, protocmp.Transform()))
}
