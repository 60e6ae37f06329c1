// Package scenario runs the scenarios of the reference data, which say of concrete events what an insight answers, against a store through the engine
// above it. It stands beside the stores, in their tests only; where the reference data is absent its tests are skipped.
package scenario

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// Variant is a way to bring the events of a scenario into a store that must not change an answer.
type Variant struct {
	Name string
	// Prepare is called when the events of a scenario are stored, with the keys of all its properties. It may be nil.
	Prepare func(t *testing.T, store insight.Engine, organization uuid.UUID, keys []string)

	shuffled, twice, copied, mergedAfter, paired bool
	through                                      NewEngine // nil for the engine itself
}

// variants are those that every store is tried with.
var variants = []Variant{
	{Name: "in order"},
	{Name: "shuffled", shuffled: true},
	{Name: "every event twice", twice: true},
	{Name: "another organization has a copy", copied: true},
	{Name: "identities linked afterwards", mergedAfter: true},
}

// paired makes times equal in pairs. That changes answers, so they are compared with those of memory.
var paired = Variant{Name: "times equal in pairs", paired: true, shuffled: true}

// Run runs every scenario of an insight in every variant, and in more that only this store has. Each variant has a store of its own,
// each scenario an organization of its own.
func Run(t *testing.T, open storetest.OpenInsightFunc, more ...Variant) {
	cases := load(t)
	t.Run(paired.Name, func(t *testing.T) {
		t.Parallel()
		runPaired(t, open(t), cases)
	})
	for _, v := range append(variants, more...) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			runCases(t, store, cases, v)
		})
	}
}

// runCases runs every scenario of an insight in one variant.
func runCases(t *testing.T, store insight.Engine, cases []scenario, v Variant) {
	for _, c := range cases {
		check := kinds[c.Kind]
		if check == nil || c.links() { // of the identity service, or of the way in
			continue
		}
		if reason, ok := c.devtrail(); ok && reason == "not expressible" {
			t.Logf("%s: the question cannot be asked", c.ID)
			continue
		}
		t.Run(c.ID, func(t *testing.T) { check(newWorld(t, store, c, v)) })
	}
}

// kinds says how a scenario of a kind is checked. Those of the way in are not here; of those of identities, the ones that link some are the identity
// service's: who is whom is decided there.
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
