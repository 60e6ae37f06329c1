package scenario

import (
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/storetest"
)

// EachVariable names the setting that has the variants tried one by one, when it is not empty: that takes four times as long as all of them at once,
// and tells which one an answer depends on.
const EachVariable = "DEVTRAIL_EACH_VARIANT"

func each() bool { return os.Getenv(EachVariable) != "" }

// variant is a way to bring the events of a scenario into a store that must not change an answer.
type variant struct {
	name string

	shuffled       bool
	twice          bool // every event
	copied         bool // another organization has the same events
	mergedAfter    bool // identities are linked when the events are there
	paired         bool
	promotedBefore bool // properties, before the events come
	promotedAfter  bool // when they are there; with both, every other property is promoted before

	through NewEngine     // nil for the engine itself
	effects *effects      // of this variant, nil where nobody asks
	linked  *atomic.Int64 // identities of all variants on a store, nil where nobody asks
}

// atOnce is every variant in one.
var atOnce = variant{
	name: "everything at once", shuffled: true, twice: true, copied: true, mergedAfter: true, promotedBefore: true, promotedAfter: true,
}

// single are the variants one by one.
var single = []variant{
	{name: "shuffled", shuffled: true},
	{name: "every event twice", twice: true},
	{name: "another organization has a copy", copied: true},
	{name: "identities linked afterwards", mergedAfter: true},
	{name: "properties promoted", promotedAfter: true},
	{name: "properties promoted before the events", promotedBefore: true},
}

// paired makes times equal in pairs. That changes answers, so they are compared with those of memory.
var paired = variant{name: "times equal in pairs", paired: true, shuffled: true}

// variants are those that a run tries.
func variants() []variant {
	list := []variant{{name: "in order"}, atOnce}
	if each() {
		list = append(list, single...)
	}
	return list
}

// effects count what a variant did, so that none passes because it did nothing.
type effects struct{ moved, duplicates, copies, linked, before, after int }

// require demands that the variant did what it says and nothing else.
func (v variant) require(t *testing.T) {
	t.Helper()
	for what, c := range map[string]struct {
		wanted bool
		done   int
	}{
		"events out of their order":                         {v.shuffled, v.effects.moved},
		"events answered to be duplicates":                  {v.twice, v.effects.duplicates},
		"events of another organization":                    {v.copied, v.effects.copies},
		"identities linked afterwards":                      {v.mergedAfter, v.effects.linked},
		"promoted properties whose column was filled first": {v.promotedBefore, v.effects.before},
		"promoted properties whose column was filled later": {v.promotedAfter, v.effects.after},
	} {
		require.Equal(t, c.wanted, c.done > 0, "%s: %d %s", v.name, c.done, what)
	}
}

// split tells which of the keys are promoted before the events come and which afterwards, as many as there is room for.
func (v variant) split(keys []string) (before, after []string) {
	for i, key := range keys[:min(len(keys), catalog.Slots)] {
		switch {
		case v.promotedBefore && (!v.promotedAfter || i%2 == 0):
			before = append(before, key)
		case v.promotedAfter:
			after = append(after, key)
		}
	}
	return before, after
}

// promote promotes properties of the scenario's events, which are in their columns when it returns.
func (w *world) promote(keys []string) {
	w.t.Helper()
	if len(keys) > 0 {
		storetest.Promote(w.t, w.store, w.org, keys...)
	}
}

// requirePromoted demands that questions take the properties from their columns: they are ready, and every event has its value there.
func (w *world) requirePromoted(keys []string) {
	w.t.Helper()
	items, err := w.store.Items(w.t.Context(), w.org, catalog.Promotion, catalog.Place{}, catalog.Slots)
	require.NoError(w.t, err)
	var ready []string
	for _, p := range catalog.ReadAllPromoted(items) {
		require.Equal(w.t, catalog.Ready, p.State, p.Key)
		ready = append(ready, p.Key)
		filled, total, err := w.store.PromotedRows(w.t.Context(), w.org, p)
		require.NoError(w.t, err)
		require.Equal(w.t, []int{len(w.c.Events), len(w.c.Events)}, []int{int(filled), int(total)}, p.Key)
	}
	require.ElementsMatch(w.t, keys, ready)
}

// requireOwned demands that so many events are somebody's.
func (w *world) requireOwned(want int) {
	w.t.Helper()
	var filter events.Filter
	for _, owner := range w.owners {
		filter.DeveloperIDs = append(filter.DeveloperIDs, owner)
	}
	list, err := w.store.List(w.t.Context(), w.org, events.ListQuery{Range: events.AllTime, Filter: filter, Limit: len(w.c.Events) + 1})
	require.NoError(w.t, err)
	require.Len(w.t, list, want)
}
