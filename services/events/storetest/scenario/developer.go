package scenario

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/joining"
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

// seen demands that questions see the properties: the developer is in the cohort of each value, and none of those who are gone.
func (w *world) seen(developer uuid.UUID, object string, gone ...uuid.UUID) {
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
		for _, id := range gone {
			require.NotContains(w.t, members, id.String(), "%s is %s", key, text)
		}
	}
}

// checkIdentity takes the updates and the aliases that are in the events, in their order. An alias is a merge into whom the event is of.
func checkIdentity(w *world) {
	var want struct {
		Persons []person
	}
	require.NoError(w.t, json.Unmarshal(w.c.Expected, &want))
	for _, p := range w.c.Persons {
		w.update(w.owners[p.DistinctIDs[0]], time.Unix(0, 0), string(p.Properties), "")
	}
	var gone []uuid.UUID
	for _, e := range w.c.Events {
		var p struct {
			Alias   string
			Set     json.RawMessage `json:"$set"`
			SetOnce json.RawMessage `json:"$set_once"`
		}
		require.NoError(w.t, json.Unmarshal(e.Properties, &p))
		if _, known := w.owners[e.DistinctID]; !known {
			w.owners[e.DistinctID] = storetest.ID(w.c.ID + " " + e.DistinctID)
		}
		owner := w.owners[e.DistinctID]
		w.update(owner, e.Timestamp, string(p.Set), string(p.SetOnce))
		if p.Alias == "" {
			continue
		}
		other, known := w.owners[p.Alias]
		w.owners[p.Alias] = owner
		if !known || other == owner {
			continue
		}
		w.merge(owner, other)
		gone = append(gone, other)
		for name, of := range w.owners {
			if of == other {
				w.owners[name] = owner
			}
		}
	}
	for _, p := range want.Persons {
		owner := w.owners[p.DistinctIDs[0]]
		for _, name := range p.DistinctIDs {
			require.Equal(w.t, owner, w.owners[name], name)
		}
		if p.Properties == nil {
			continue
		}
		for _, of := range append(gone, owner) { // an update of nothing says what there is
			object := w.update(of, w.now, "", "").Object
			require.JSONEq(w.t, string(p.Properties), object)
			w.seen(owner, object, gone...)
		}
	}
}

// merging is an engine over a wire that is told of merges; the properties are joined in the store itself where the engine is not.
type merging interface {
	Merge(ctx context.Context, organization, target, source uuid.UUID) error
}

func (w *world) merge(target, source uuid.UUID) {
	w.t.Helper()
	if over, ok := w.engine.(merging); ok {
		require.NoError(w.t, over.Merge(w.t.Context(), w.org, target, source))
		return
	}
	joiner := joining.New(w.store, catalog.NewKeeper(w.store, func() time.Time { return w.now }), func(context.Context, uuid.UUID, []uuid.UUID) ([]uuid.UUID, error) {
		return []uuid.UUID{target}, nil
	})
	require.NoError(w.t, joiner.Join(w.t.Context(), w.org, []uuid.UUID{source}))
}
