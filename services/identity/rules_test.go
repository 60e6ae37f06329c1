package identity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

var (
	ada   = uuid.MustParse("00000000-0000-7000-8000-00000000000a")
	bob   = uuid.MustParse("00000000-0000-7000-8000-00000000000b")
	carol = uuid.MustParse("00000000-0000-7000-8000-00000000000c")
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 123456789, time.UTC)
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		target, source identity.Head
		into, from     uuid.UUID
		needed         bool
		err            error
	}{
		{"two developers", identity.Head{ID: ada}, identity.Head{ID: bob}, ada, bob, true, nil},
		{"target was merged", identity.Head{ID: carol, MergedInto: ada}, identity.Head{ID: bob}, ada, bob, true, nil},
		{"source was merged elsewhere", identity.Head{ID: ada}, identity.Head{ID: bob, MergedInto: carol}, ada, carol, true, nil},
		{"the same pair again", identity.Head{ID: ada}, identity.Head{ID: bob, MergedInto: ada}, ada, ada, false, nil},
		{"both were merged into one", identity.Head{ID: bob, MergedInto: ada}, identity.Head{ID: carol, MergedInto: ada}, ada, ada, false, nil},
		{"target was merged into the source", identity.Head{ID: bob, MergedInto: ada}, identity.Head{ID: ada}, ada, ada, false, identity.ErrMergeCycle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			into, from, needed, err := identity.Plan(tt.target, tt.source)
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.into, into)
			require.Equal(t, tt.from, from)
			require.Equal(t, tt.needed, needed)
		})
	}
}

func TestNewMerge(t *testing.T) {
	t.Parallel()
	_, err := identity.NewMerge(ada, ada, "", "")
	require.ErrorIs(t, err, identity.ErrMergeSelf)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = identity.NewMerge(ada, bob, "two\x00lines", "")
	require.ErrorIs(t, err, identity.ErrTextInvalid)
	merge, err := identity.NewMerge(ada, bob, "two\nlines", "credential:1")
	require.NoError(t, err)
	require.Equal(t, identity.Merge{TargetID: ada, SourceID: bob, Reason: "two\nlines", Actor: "credential:1"}, merge)
}

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		owner   uuid.UUID
		replace bool
		changes bool
		err     error
	}{
		{"nobody has it", uuid.Nil, false, true, nil},
		{"she has it", ada, false, false, nil},
		{"she has it, replace", ada, true, false, nil},
		{"somebody else has it", bob, false, false, identity.ErrIdentityLinked},
		{"somebody else has it, replace", bob, true, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes, err := identity.Link{Replace: tt.replace}.Decide(tt.owner, ada)
			require.ErrorIs(t, err, tt.err)
			require.Equal(t, tt.changes, changes)
		})
	}
}

func TestConfidenceFollowsEvidence(t *testing.T) {
	t.Parallel()
	for evidence := identity.EvidenceAuthenticated; evidence < identity.EvidenceObserved; evidence++ {
		require.Greater(t, evidence.Confidence(), (evidence + 1).Confidence())
	}
}

func TestNewAPIKey(t *testing.T) {
	t.Parallel()
	key, token, err := identity.NewAPIKey(" ci ", identity.RoleIngest, time.Hour, auth.Caller{Role: identity.RoleAdmin}, noon)
	require.NoError(t, err)
	prefix, ok := auth.CheckToken(token)
	require.True(t, ok)
	require.Equal(t, auth.PrefixIngest, prefix)
	require.Equal(t, token[:8], key.TokenStart)
	require.Equal(t, "ci", key.DisplayName)
	require.Equal(t, noon.Truncate(time.Microsecond), key.CreatedAt)
	require.True(t, key.Active(key.ExpiresAt.Add(-time.Nanosecond)))
	require.False(t, key.Active(key.ExpiresAt))
	key.RevokedAt = noon
	require.False(t, key.Active(noon))

	_, token, err = identity.NewAPIKey("reader", identity.RoleAnalyst, 0, auth.Caller{Role: identity.RoleAdmin}, noon)
	require.NoError(t, err)
	prefix, _ = auth.CheckToken(token)
	require.Equal(t, auth.PrefixKey, prefix)
}

func TestAKeyCannotBeAllowedMoreThanItsMaker(t *testing.T) {
	t.Parallel()
	may := map[auth.Role][]auth.Role{
		identity.RoleAdmin:    {identity.RoleIngest, identity.RoleAnalyst, identity.RoleAdmin},
		identity.RoleOwner:    {identity.RoleIngest, identity.RoleAnalyst, identity.RoleAdmin, identity.RoleOwner},
		identity.RoleOperator: {identity.RoleIngest, identity.RoleAnalyst, identity.RoleAdmin, identity.RoleOwner},
		identity.RoleAnalyst:  {identity.RoleAnalyst},
	}
	for maker, allowed := range may {
		for role := identity.RoleIngest; role <= identity.RoleOwner; role++ {
			_, _, err := identity.NewAPIKey("key", role, 0, auth.Caller{Role: maker}, noon)
			if slices.Contains(allowed, role) {
				require.NoError(t, err, "%s makes %s", maker, role)
			} else {
				require.ErrorIs(t, err, identity.ErrRoleExceedsMaker, "%s makes %s", maker, role)
			}
		}
	}
}

func TestMayCreateMissing(t *testing.T) {
	t.Parallel()
	for _, role := range []auth.Role{identity.RoleAdmin, identity.RoleOwner, identity.RoleOperator, identity.RoleService} {
		require.NoError(t, identity.MayCreateMissing(role))
	}
	for _, role := range []auth.Role{identity.RoleAnalyst, identity.RoleIngest} {
		require.ErrorIs(t, identity.MayCreateMissing(role), identity.ErrCreateMissingDenied)
	}
}

func TestNamesThatPeopleType(t *testing.T) {
	t.Parallel()
	for _, name := range []string{" ", "a\x00b", "a\nb"} {
		_, err := identity.NewDeveloper(name, noon)
		require.ErrorIs(t, err, identity.ErrTextInvalid, "%q", name)
	}
	organization, err := identity.NewOrganization("acme", "", noon)
	require.NoError(t, err)
	require.Equal(t, "acme", organization.DisplayName)
}

// The numbers of kinds, evidence and roles are stored: they must stay those of the contract.
func TestNumbersAreTheContracts(t *testing.T) {
	t.Parallel()
	require.Len(t, identityv1.IdentityKind_name, int(identity.KindExternal)+1)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, identity.KindGitEmail)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, identity.KindGitHubAccount)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_GITLAB_ACCOUNT, identity.KindGitLabAccount)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_BITBUCKET_ACCOUNT, identity.KindBitbucketAccount)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_LOGIN, identity.KindLogin)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_MACHINE, identity.KindMachine)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_BROWSER_ANONYMOUS, identity.KindBrowserAnonymous)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_OIDC_SUBJECT, identity.KindOIDCSubject)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_API_KEY, identity.KindAPIKey)
	require.EqualValues(t, identityv1.IdentityKind_IDENTITY_KIND_EXTERNAL, identity.KindExternal)
	require.Len(t, identityv1.Evidence_name, int(identity.EvidenceObserved)+1)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_AUTHENTICATED, identity.EvidenceAuthenticated)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_PROVIDER_ACCOUNT, identity.EvidenceProviderAccount)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_VERIFIED_EMAIL, identity.EvidenceVerifiedEmail)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_MAILMAP, identity.EvidenceMailmap)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_ADMINISTRATOR, identity.EvidenceAdministrator)
	require.EqualValues(t, identityv1.Evidence_EVIDENCE_OBSERVED, identity.EvidenceObserved)
	require.EqualValues(t, 4, accessv1.Role_ROLE_OWNER)
}
