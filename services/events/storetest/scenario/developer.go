package scenario

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// developers is an engine over a wire that also updates properties; they are updated in the store itself where the engine does not.
type developers interface {
	UpdateDeveloper(ctx context.Context, organization, developer uuid.UUID, at time.Time, set, setOnce string) (insight.DeveloperState, error)
}

func (w *world) update(developer uuid.UUID, at time.Time, set, setOnce string) insight.DeveloperState {
	w.t.Helper()
	if over, ok := w.engine.(developers); ok {
		state, err := over.UpdateDeveloper(w.t.Context(), w.org, developer, at, set, setOnce)
		require.NoError(w.t, err)
		return state
	}
	u, err := insight.NewUpdate(at, set, setOnce)
	require.NoError(w.t, err)
	keeper := catalog.NewKeeper(w.store, func() time.Time { return w.now })
	_, state, err := insight.UpdateDeveloper(w.t.Context(), w.store, keeper, w.org, developer, u)
	require.NoError(w.t, err)
	return state
}

// checkPropertyUpdate updates one developer step by step.
func checkPropertyUpdate(w *world) {
	var want struct {
		After     []json.RawMessage
		Revision  *int64
		UpdatedAt map[string]time.Time `json:"updated_at"`
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	require.NotEmpty(w.t, want.After)
	developer := storetest.ID("developer of " + w.c.ID)
	var state insight.DeveloperState
	for i, op := range w.c.Query.Ops {
		state = w.update(developer, op.At, string(op.Set), string(op.SetOnce))
		require.JSONEq(w.t, string(want.After[i]), state.Object, "after update %d", i)
		w.seen(developer, state.Object)
	}
	if want.Revision != nil {
		require.Equal(w.t, *want.Revision, state.Revision)
	}
	for key, at := range want.UpdatedAt {
		require.Equal(w.t, at.UnixMicro(), state.Properties[key].At, key)
	}
}

// seen demands that questions see the properties: the developer is in the cohort of each value.
func (w *world) seen(developer uuid.UUID, object string) {
	w.t.Helper()
	for key := range insight.ParseProperties(object) {
		text, ok := insight.ParseProperties(object).Text(key)
		require.True(w.t, ok)
		f, err := insight.NewPropertyFilter("f", insight.DeveloperScope, key, insight.Exact, []string{text}, w.now, time.UTC)
		require.NoError(w.t, err)
		c := &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{f}}}}
		members, err := w.store.CohortMembers(w.t.Context(), w.org, c, everybody)
		require.NoError(w.t, err)
		require.Contains(w.t, members, developer.String(), "%s is %s", key, text)
	}
}

// checkIdentity takes the updates that are in the events, in their order.
func checkIdentity(w *world) {
	var want struct {
		Persons []person
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	states := make(map[uuid.UUID]insight.DeveloperState)
	for _, e := range w.c.Events {
		var p struct {
			Set     json.RawMessage `json:"$set"`
			SetOnce json.RawMessage `json:"$set_once"`
		}
		require.NoError(w.t, json.Unmarshal(e.Properties, &p))
		owner := w.owners[e.DistinctID]
		states[owner] = w.update(owner, e.Timestamp, string(p.Set), string(p.SetOnce))
	}
	for _, p := range want.Persons {
		owner := w.owners[p.DistinctIDs[0]]
		require.JSONEq(w.t, string(p.Properties), states[owner].Object)
		w.seen(owner, states[owner].Object)
	}
}
