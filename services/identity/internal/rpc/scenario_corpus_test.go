package rpc_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/identity"
)

// person of a scenario: the names that are one developer's.
type person struct {
	DistinctIDs []string `json:"distinct_ids"`
	Tenant      string
}

// identityScenario is a case of the reference data that says who is whom after some events.
type identityScenario struct {
	ID, Kind string
	Persons  []person
	Events   []struct {
		Event, Tenant string
		DistinctID    string `json:"distinct_id"`
		Properties    struct {
			Alias     string
			Anonymous string `json:"$anon_distinct_id"`
		}
	}
	Expected struct{ Persons []person }
}

// named is an identity by a name of a scenario.
func named(name string) *identityv1.Identity {
	return &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_EXTERNAL, Value: name}
}

// TestScenariosOfIdentities does what the cases say through the contract. An alias is a merge. To identify is a link; where somebody has the anonymous name
// already the service leaves the decision to the caller, who merges unless that name was itself identified before (a shared computer).
// What becomes of properties and events is the events service's, and tried there.
func TestScenariosOfIdentities(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(corpus.Path(t, "scenarios.json"))
	require.NoError(t, err)
	var cases []identityScenario
	require.NoError(t, json.Unmarshal(text, &cases))
	b, ran := setup(t), 0
	for _, c := range cases {
		if c.Kind != "identity" {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) { b.play(t, c) })
	}
	require.NotZero(t, ran)
}

func (b *bundle) play(t *testing.T, c identityScenario) {
	t.Helper()
	tenants := make(map[string]tenant)
	in := func(name string) tenant {
		if _, ok := tenants[name]; !ok {
			tenants[name] = b.createTenant(t, strings.ToLower(c.ID+"-"+name+"x"))
		}
		return tenants[name]
	}
	for _, p := range c.Persons {
		developer := b.resolved(t, in(p.Tenant), p.DistinctIDs[0], true)
		for _, other := range p.DistinctIDs[1:] {
			_, err := b.developers.LinkIdentity(in(p.Tenant).admin, &identityv1.LinkIdentityRequest{DeveloperId: developer, Identity: named(other)})
			require.NoError(t, err)
		}
	}
	identified := make(map[string]bool)
	for _, e := range c.Events {
		where := in(e.Tenant)
		who := b.resolved(t, where, e.DistinctID, true)
		if alias := e.Properties.Alias; alias != "" {
			b.merge(t, where, who, b.resolved(t, where, alias, true))
		}
		if anonymous := e.Properties.Anonymous; anonymous != "" && who != "" {
			_, err := b.developers.LinkIdentity(where.admin, &identityv1.LinkIdentityRequest{DeveloperId: who, Identity: named(anonymous)})
			if !identified[anonymous] && err != nil {
				require.ErrorIs(t, err, identity.ErrIdentityLinked)
				b.merge(t, where, who, b.resolved(t, where, anonymous, false))
			}
			identified[e.DistinctID] = true
		}
	}
	found := make(map[string]bool)
	for _, p := range c.Expected.Persons {
		developer := b.resolved(t, in(p.Tenant), p.DistinctIDs[0], false)
		if developer == "" { // a generic name, which is nobody's
			require.Len(t, p.DistinctIDs, 1)
			require.ErrorIs(t, identity.NewMention(identity.KindExternal, p.DistinctIDs[0], "").Linkable(), identity.ErrIdentityGeneric)
			continue
		}
		require.False(t, found[developer], "two persons are two developers")
		found[developer] = true
		res, err := b.developers.GetDeveloper(in(p.Tenant).admin, &identityv1.GetDeveloperRequest{DeveloperId: developer})
		require.NoError(t, err)
		var names []string
		for _, linked := range res.GetDeveloper().GetIdentities() {
			names = append(names, linked.GetIdentity().GetValue())
		}
		require.ElementsMatch(t, p.DistinctIDs, names)
	}
	require.NotEmpty(t, found)
}

// resolved is the developer of a name, or "".
func (b *bundle) resolved(t *testing.T, where tenant, name string, create bool) string {
	t.Helper()
	res, err := b.developers.ResolveIdentities(where.admin, &identityv1.ResolveIdentitiesRequest{
		CreateMissing: create, Hints: []*identityv1.IdentityHint{{Identity: named(name)}},
	})
	require.NoError(t, err)
	return res.GetIdentities()[0].GetDeveloperId()
}

func (b *bundle) merge(t *testing.T, where tenant, target, source string) {
	t.Helper()
	if target == source {
		return
	}
	_, err := b.developers.MergeDevelopers(where.admin, &identityv1.MergeDevelopersRequest{TargetId: target, SourceId: source, Reason: "a scenario"})
	require.NoError(t, err)
}
