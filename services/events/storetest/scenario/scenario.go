// Package scenario runs the scenarios of the reference data, which say of concrete events what an insight answers, against a store through the engine
// above it. It stands beside the stores, in their tests only; where the reference data is absent its tests are skipped.
package scenario

import (
	"context"
	"encoding/json"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// Run asks the questions of the scenarios about events whose times are equal in pairs, and compares the answers with those of memory. With [EachVariable] in
// the environment it also runs every scenario of an insight in each variant; each has a store of its own then. What a store answers to them through the
// contract is tried by [RunThrough].
func Run(t *testing.T, open storetest.OpenInsightFunc) {
	cases := load(t)
	t.Run(paired.name, func(t *testing.T) {
		t.Parallel()
		runPaired(t, open(t), cases)
	})
	if !each() {
		return
	}
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			runCases(t, store, cases, v)
		})
	}
}

// RunThrough runs every scenario of an insight in order and with everything at once, with [EachVariable] in the environment also in every other variant,
// against a store through an engine of the caller's. All share one store; each has an organization of its own.
func RunThrough(t *testing.T, open storetest.OpenInsightFunc, engine NewEngine) {
	cases, store := load(t), open(t) // in this order: without the cases the test ends here, and nothing may be open
	linked := new(atomic.Int64)
	t.Cleanup(func() { // after all variants
		pending, err := store.Pending(context.WithoutCancel(t.Context()))
		require.NoError(t, err)
		require.Equal(t, int(linked.Load()), pending, "identities that were linked afterwards waited to be folded while questions were asked")
		require.NoError(t, store.Close())
	})
	for _, v := range variants() {
		v.through, v.linked = engine, linked
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			runCases(t, store, cases, v)
		})
	}
}

// runCases runs every scenario of an insight in one variant.
func runCases(t *testing.T, store insight.Engine, cases []scenario, v variant) {
	v.effects = new(effects)
	all, ran := 0, 0
	for _, c := range cases {
		check := kinds[c.Kind]
		if check == nil || c.links() { // of the identity service, or of the way in
			continue
		}
		if reason, ok := c.devtrail(); ok && reason == "not expressible" {
			t.Logf("%s: the question cannot be asked", c.ID)
			continue
		}
		all++
		t.Run(c.ID, func(t *testing.T) {
			ran++
			check(newWorld(t, store, c, v))
		})
	}
	if ran == all { // else somebody looks at a few
		v.require(t)
	}
}

// kinds says how a scenario of a kind is checked. Those of the way in are not here; of those of identities, the ones where identities are met
// together are the identity service's: who is whom is decided there.
var kinds = map[string]func(w *world){
	"trends":     checkTrends,
	"funnel":     checkFunnel,
	"retention":  checkRetention,
	"stickiness": checkStickiness,
	"lifecycle":  checkLifecycle,
	"paths":      checkPaths,
	"filter":     checkFilter,
	"cohort":     checkCohort,

	"property_update": checkPropertyUpdate,
	"identity":        checkIdentity,
}

// load reads the file.
func load(t *testing.T) []scenario {
	text, err := os.ReadFile(corpus.Path(t, "scenarios.json"))
	require.NoError(t, err)
	var cases []scenario
	require.NoError(t, json.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	return cases
}
