package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"devtrail.dev/services/identity"
)

// model is the readable specification of linking, merging and resolving: who has which identity, and who was merged into whom.
type model struct {
	owner     map[identity.Identity]uuid.UUID
	redirects map[uuid.UUID]uuid.UUID
	ids       []uuid.UUID
}

func (m *model) survivor(id uuid.UUID) uuid.UUID {
	for {
		next, merged := m.redirects[id]
		if !merged {
			return id
		}
		id = next
	}
}

func (m *model) link(id uuid.UUID, key identity.Identity, replace bool) error {
	survivor := m.survivor(id)
	if owner, owned := m.owner[key]; owned && m.survivor(owner) != survivor && !replace {
		return identity.ErrIdentityLinked
	}
	m.owner[key] = survivor
	return nil
}

func (m *model) merge(target, source uuid.UUID) error {
	into, from := m.survivor(target), m.survivor(source)
	switch {
	case into != from:
		m.redirects[from] = into
		return nil
	case source == from:
		return identity.ErrMergeCycle
	default:
		return nil
	}
}

// identities returns what a developer has, in order.
func (m *model) identities(id uuid.UUID) []identity.Identity {
	var out []identity.Identity
	for key, owner := range m.owner {
		if m.survivor(owner) == m.survivor(id) {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, identity.Identity.Compare)
	return out
}

// Any sequence of operations must leave the database as it leaves the model, and the stream of changes must tell the same story.
func TestStoreBehavesAsTheModel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		b := b
		b.organization = b.createOrganization(t, fmt.Sprintf("model-%d", round))
		first, err := b.Changes.Last(t.Context())
		require.NoError(t, err)
		m := &model{owner: make(map[identity.Identity]uuid.UUID), redirects: make(map[uuid.UUID]uuid.UUID)}
		for range 2 {
			m.ids = append(m.ids, b.createDeveloper(t, "D", noon))
		}
		anyID := rapid.Custom(func(t *rapid.T) uuid.UUID { return m.ids[rapid.IntRange(0, len(m.ids)-1).Draw(t, "developer")] })
		rt.Repeat(map[string]func(*rapid.T){
			"create": func(*rapid.T) { m.ids = append(m.ids, b.createDeveloper(t, "D", noon)) },
			"link": func(rt *rapid.T) {
				link := identity.Link{DeveloperID: anyID.Draw(rt, "to"), Mention: anyMention(rt), Evidence: identity.EvidenceMailmap, Replace: rapid.Bool().Draw(rt, "replace")}
				developer, err := b.Identities.Link(t.Context(), b.organization, link, noon)
				require.ErrorIs(rt, err, m.link(link.DeveloperID, link.Mention.Identity, link.Replace))
				if err == nil {
					require.Equal(rt, m.identities(link.DeveloperID), keys(developer))
				}
			},
			"merge": func(rt *rapid.T) {
				merge := identity.Merge{TargetID: anyID.Draw(rt, "target"), SourceID: anyID.Draw(rt, "source")}
				if merge.TargetID == merge.SourceID {
					return
				}
				developer, err := b.Developers.Merge(t.Context(), b.organization, merge, noon)
				require.ErrorIs(rt, err, m.merge(merge.TargetID, merge.SourceID))
				if err == nil {
					require.Equal(rt, m.survivor(merge.TargetID), developer.ID)
					require.Equal(rt, m.identities(merge.TargetID), keys(developer))
				}
			},
			"resolve": func(rt *rapid.T) {
				create := rapid.Bool().Draw(rt, "create")
				mentions := rapid.SliceOfN(rapid.Custom(anyMention), 1, 6).Draw(rt, "mentions")
				found, err := b.Identities.Resolve(t.Context(), b.organization, mentions, create, noon)
				require.NoError(rt, err)
				for i, mention := range mentions {
					owner, owned := m.owner[mention.Identity]
					switch {
					case owned:
						require.Equal(rt, m.survivor(owner), found[i])
					case create && mention.CreatesDeveloper():
						require.NotContains(rt, m.ids, found[i])
						m.ids = append(m.ids, found[i])
						m.owner[mention.Identity] = found[i]
					default:
						require.Equal(rt, uuid.Nil, found[i])
					}
				}
			},
			"": func(rt *rapid.T) {
				developers, err := b.Developers.BatchGet(t.Context(), b.organization, m.ids)
				require.NoError(rt, err)
				require.Len(rt, developers, len(m.ids))
				for _, id := range m.ids {
					require.Equal(rt, m.survivor(id), developers[id].ID)
					require.Equal(rt, m.identities(id), keys(developers[id]))
				}
			},
		})
		changes, err := b.Changes.List(t.Context(), first, 10_000)
		require.NoError(rt, err)
		replayed := make(map[identity.Identity]uuid.UUID)
		for i, change := range changes {
			require.Equal(rt, first+int64(i)+1, change.Sequence)
			require.Equal(rt, b.organization, change.OrganizationID)
			require.Equal(rt, replayed[change.Identity], change.PreviousDeveloperID)
			replayed[change.Identity] = change.DeveloperID
		}
		require.Len(rt, replayed, len(m.owner))
		for key, owner := range m.owner {
			require.Equal(rt, m.survivor(owner), replayed[key])
		}
	})
}

// anyMention draws from few identities, so that they meet; some name nobody, some are linked by hand only.
func anyMention(t *rapid.T) identity.Mention {
	kind := rapid.SampledFrom([]identity.Kind{identity.KindGitEmail, identity.KindMachine, identity.KindExternal}).Draw(t, "kind")
	return identity.NewMention(kind, rapid.SampledFrom([]string{"a", "b", "c", " c ", "d"}).Draw(t, "value"), "")
}

func keys(developer identity.Developer) []identity.Identity {
	var out []identity.Identity
	for _, linked := range developer.Identities {
		out = append(out, linked.Identity)
	}
	return out
}
