package catalog_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
)

func TestUpdatesMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // repeatable, not secret
	value := func() json.RawMessage { return json.RawMessage{'"', byte('a' + r.IntN(26)), '"'} }
	for range 200 {
		var updates []catalog.Update
		for i := range 6 { // no two at one time: of those the first to come stays
			u := catalog.Update{At: now.Add(time.Duration(i) * time.Second), Set: map[string]json.RawMessage{}, SetOnce: map[string]json.RawMessage{}}
			for _, key := range []string{"x", "y"} {
				switch r.IntN(3) {
				case 0:
					u.Set[key] = value()
				case 1:
					u.SetOnce[key] = value()
				}
			}
			updates = append(updates, u)
		}
		var want string
		for try := range 5 {
			r.Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
			p := catalog.Properties{}
			for _, u := range updates {
				p.Apply(u)
			}
			text, err := p.Object()
			require.NoError(t, err)
			if try == 0 {
				want = text
			}
			require.JSONEq(t, want, text)
			for _, u := range updates {
				require.False(t, p.Apply(u), "an update that comes again changes nothing")
			}
		}
	}
}

func TestAComputationIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, members := range [][]uuid.UUID{nil, {uuid.Max}, {{15: 1}, {0: 9}}} {
		c := catalog.Computation{Revision: 3, ComputedAt: now.UTC(), TriedAt: now.UTC(), Error: "e", Members: members}
		body, err := c.Write()
		require.NoError(t, err)
		got, err := catalog.ReadComputation(body)
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	_, err := catalog.ReadComputation([]byte("{"))
	require.Error(t, err)
}

func TestAMergeTakesNothingAway(t *testing.T) {
	t.Parallel()
	text := func(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }
	set := func(d *catalog.Developer, seconds int, key, value string) bool {
		return d.Apply(catalog.Update{At: now.Add(time.Duration(seconds) * time.Second), Set: map[string]json.RawMessage{key: text(value)}})
	}
	again := func(d catalog.Developer) catalog.Developer {
		body, err := d.Write()
		require.NoError(t, err)
		read, err := catalog.ReadDeveloper(body)
		require.NoError(t, err)
		require.Equal(t, d, read)
		return read
	}
	requireAll := func(want string, d catalog.Developer) {
		object, err := again(d).All().Object()
		require.NoError(t, err)
		require.JSONEq(t, want, object)
	}
	target, first, second := catalog.Developer{Own: catalog.Properties{}}, catalog.Developer{Own: catalog.Properties{}}, catalog.Developer{Own: catalog.Properties{}}
	require.True(t, set(&target, 1, "a", "target"))
	require.True(t, set(&first, 2, "a", "first"))
	require.True(t, set(&first, 2, "b", "first"))
	require.True(t, set(&second, 3, "b", "second"))
	require.True(t, set(&second, 3, "c", "second"))
	alone := again(target)
	require.True(t, target.Join(uuid.UUID{15: 1}, first.All()))
	require.True(t, target.Join(uuid.UUID{15: 2}, second.All()))
	require.False(t, target.Join(uuid.UUID{15: 1}, first.All()), "joining again changes nothing")
	requireAll(`{"a":"target","b":"first","c":"second"}`, target)
	require.Equal(t, alone.Own, target.Own, "what was set of the target is kept apart")
	require.False(t, set(&target, 1, "b", "older"), "an update is judged by all that she has")
	require.True(t, set(&target, 4, "b", "newer"))
	requireAll(`{"a":"target","b":"newer","c":"second"}`, target)
	first.Into = uuid.UUID{15: 9}
	requireAll(`{"a":"first","b":"first"}`, first)
	_, err := catalog.ReadDeveloper([]byte("[1]"))
	require.Error(t, err)
}
