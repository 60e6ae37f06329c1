package postgres_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/services/identity"
)

func TestResolveAnswersInRequestOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	developer := b.createDeveloper(t, "A", noon)
	b.link(t, developer, "a@example.com")
	mentions := []identity.Mention{
		address("new@example.com"),
		address(" A@EXAMPLE.COM"),
		address("root@localhost"),
		identity.NewMention(identity.KindMachine, "laptop", ""),
		identity.NewMention(identity.KindGitHubAccount, "octocat", ""),
		identity.NewMention(identity.KindGitEmail, "NEW@example.com", "Newcomer"),
	}
	found, err := b.Identities.Resolve(t.Context(), b.organization, mentions, false, noon)
	require.NoError(t, err)
	require.Equal(t, []uuid.UUID{{}, developer, {}, {}, {}, {}}, found)

	found, err = b.Identities.Resolve(t.Context(), b.organization, mentions, true, noon)
	require.NoError(t, err)
	require.NotEqual(t, uuid.Nil, found[0])
	require.Equal(t, []uuid.UUID{found[0], developer, {}, {}, {}, found[0]}, found)
	created, err := b.Developers.Get(t.Context(), b.organization, found[0])
	require.NoError(t, err)
	require.Equal(t, "Newcomer", created.DisplayName)
	require.Equal(t, identity.EvidenceObserved, created.Identities[0].Evidence)
	require.Equal(t, 2, b.count(t, `SELECT count(*) FROM identities`), "what names nobody is not kept")

	again, err := b.Identities.Resolve(t.Context(), b.organization, mentions, true, noon)
	require.NoError(t, err)
	require.Equal(t, found, again)
}

func TestResolveStaysInTheOrganization(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.createOrganization(t, "other")
	mentions := addresses("x", 3)
	here, err := b.Identities.Resolve(t.Context(), b.organization, mentions, true, noon)
	require.NoError(t, err)
	there, err := b.Identities.Resolve(t.Context(), other, mentions, false, noon)
	require.NoError(t, err)
	require.Equal(t, make([]uuid.UUID, 3), there)
	there, err = b.Identities.Resolve(t.Context(), other, mentions, true, noon)
	require.NoError(t, err)
	for i := range here {
		require.NotEqual(t, here[i], there[i])
	}
	_, err = b.Identities.Resolve(t.Context(), uuid.New(), mentions, true, noon)
	require.ErrorIs(t, err, identity.ErrOrganizationNotFound)
}

// Callers that see the same new identities together, in any order and overlap, must make each once and agree.
func TestResolveTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentions := addresses("x", 400)
	answers := make([]map[identity.Identity]uuid.UUID, 8)
	var group errgroup.Group
	for worker := range answers {
		group.Go(func() error {
			answers[worker] = make(map[identity.Identity]uuid.UUID)
			for range 4 {
				batch := make([]identity.Mention, 0, 200)
				for _, i := range rand.Perm(len(mentions))[:200] {
					batch = append(batch, mentions[i])
				}
				found, err := b.Identities.Resolve(t.Context(), b.organization, batch, true, noon)
				if err != nil {
					return err
				}
				for i, mention := range batch {
					answers[worker][mention.Identity] = found[i]
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	agreed := make(map[identity.Identity]uuid.UUID)
	for _, answer := range answers {
		for key, developer := range answer {
			require.NotEqual(t, uuid.Nil, developer)
			if first, seen := agreed[key]; seen {
				require.Equal(t, first, developer)
			}
			agreed[key] = developer
		}
	}
	require.Equal(t, len(agreed), b.count(t, `SELECT count(*) FROM developers`))
	require.Equal(t, len(agreed), b.count(t, `SELECT count(*) FROM identity_links WHERE valid_to IS NULL`))
	require.Equal(t, len(agreed), b.count(t, `SELECT count(*) FROM identity_changes`))
}

// Linking, merging and resolving beside each other must neither deadlock nor leave an identity with two developers or with a merged one.
func TestEverythingTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	developers := make([]uuid.UUID, 8)
	for i := range developers {
		developers[i] = b.createDeveloper(t, "D", noon)
	}
	mentions := addresses("x", 30)
	var group errgroup.Group
	for worker := range 8 {
		group.Go(func() error {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 25 {
				target, source := developers[random.IntN(8)], developers[random.IntN(8)]
				switch random.IntN(3) {
				case 0:
					link := linkOf(target, "x", true)
					link.Mention = mentions[random.IntN(30)]
					if _, err := b.Identities.Link(t.Context(), b.organization, link, noon); err != nil {
						return err
					}
				case 1:
					if _, err := b.Identities.Resolve(t.Context(), b.organization, mentions[random.IntN(30):], true, noon); err != nil {
						return err
					}
				default:
					merge := identity.Merge{TargetID: target, SourceID: source}
					if target == source || random.IntN(6) > 0 {
						continue
					}
					if _, err := b.Developers.Merge(t.Context(), b.organization, merge, noon); err != nil && !isCycle(err) {
						return err
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.Zero(t, b.count(t, `SELECT count(*) FROM identity_links l JOIN developers d ON d.id = l.developer_id WHERE l.valid_to IS NULL AND d.merged_into IS NOT NULL`))
	require.Equal(t, b.count(t, `SELECT count(*) FROM identities`), b.count(t, `SELECT count(*) FROM identity_links WHERE valid_to IS NULL`))
	require.Zero(t, b.count(t, `
		SELECT count(*) FROM (
			SELECT DISTINCT ON (identity_id) identity_id, developer_id FROM identity_changes ORDER BY identity_id, sequence DESC
		) c JOIN identity_links l ON l.identity_id = c.identity_id AND l.valid_to IS NULL WHERE l.developer_id <> c.developer_id`),
		"replaying the changes gives the links")
}

func BenchmarkResolve(b *testing.B) {
	s := setup(b)
	known := addresses("known", 5000)
	_, err := s.Identities.Resolve(b.Context(), s.organization, known, true, noon)
	require.NoError(b, err)
	b.Run("known=5000", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Identities.Resolve(b.Context(), s.organization, known, true, noon)
			require.NoError(b, err)
		}
	})
	b.Run("new=1000", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh := addresses(uuid.NewString(), 1000)
			b.StartTimer()
			_, err := s.Identities.Resolve(b.Context(), s.organization, fresh, true, noon)
			require.NoError(b, err)
		}
	})
}
