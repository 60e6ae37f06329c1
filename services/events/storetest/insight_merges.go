package storetest

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/joining"
)

var mergeCases = []insightCase{
	{"a merge joins properties in filters, breakdowns and cohorts, and undone it gives them back", mergedProperties},
}

func mergedProperties(s *story) {
	ctx, t := s.t.Context(), s.t
	into := map[uuid.UUID]uuid.UUID{}
	keeper := catalog.NewKeeper(s.store, func() time.Time { return s.now })
	joiner := joining.New(s.store, keeper, func(_ context.Context, _ uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
		list := make([]uuid.UUID, len(ids))
		for i, id := range ids {
			for list[i] = id; into[list[i]] != uuid.Nil; {
				list[i] = into[list[i]]
			}
		}
		return list, nil
	})
	set := func(who, object string) {
		u, err := insight.NewUpdate(s.now, object, "")
		require.NoError(t, err)
		_, _, err = insight.UpdateDeveloper(ctx, s.store, keeper, s.org, ID(who), u)
		require.NoError(t, err)
	}
	core := &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{s.where("developer.team", insight.Exact, "core")}}}}
	shows := func(want []string, members ...string) {
		t.Helper()
		r := insight.TrendsRequest{
			Period: during("01", "01"), TotalValue: true, Breakdown: &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{"both"}},
			Series: []insight.Series{series("a", insight.Total)}, Audience: insight.Audience{Properties: []insight.PropertyFilter{s.where("developer.team", insight.Exact, "core")}},
		}
		s.says(s.trends(r), want...)
		list, err := s.store.CohortMembers(ctx, s.org, core, insight.ActorPage{Limit: 100})
		require.NoError(t, err)
		var ids []string
		for _, m := range members {
			ids = append(ids, ID(m).String())
		}
		require.ElementsMatch(t, ids, list)
	}
	for _, who := range []string{"ada", "bo", "cy"} {
		s.did(who, "a", "01 12:00")
	}
	set("ada", `{"both":"o","old":1,"team":"core"}`)
	set("bo", `{"both":"n","new":2}`)
	shows([]string{"0 o = 1"}, "ada")

	into[ID("ada")] = ID("bo")
	for range 2 { // again changes nothing
		s.becomes("ada", "bo")
		require.NoError(t, joiner.Join(ctx, s.org, []uuid.UUID{ID("ada"), ID("bo")}))
		shows([]string{"0 n = 2"}, "bo")
	}
	set("ada", `{"late":1}`) // of one who did not know of the merge
	into[ID("bo")] = ID("cy")
	s.becomes("ada", "cy")
	s.becomes("bo", "cy")
	require.NoError(t, joiner.JoinAll(ctx))
	shows([]string{"0 n = 3"}, "cy")

	delete(into, ID("bo"))
	s.becomes("ada", "bo")
	s.becomes("bo", "bo")
	require.NoError(t, joiner.JoinAll(ctx))
	shows([]string{"0 n = 2"}, "bo")
	delete(into, ID("ada"))
	s.becomes("ada", "ada")
	require.NoError(t, joiner.Join(ctx, s.org, []uuid.UUID{ID("ada"), ID("bo")}))
	shows([]string{"0 o = 1"}, "ada")
	item, err := s.store.Item(ctx, s.org, catalog.DeveloperState, ID("bo"))
	require.NoError(t, err)
	state, err := insight.ReadDeveloperState(item)
	require.NoError(t, err)
	require.JSONEq(t, `{"both":"n","late":1,"new":2}`, state.Object)
}
