package scenario

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
)

// runPaired asks the store and memory each scenario's question about events whose times are equal in pairs.
func runPaired(t *testing.T, store insight.Engine, cases []scenario) {
	specification := memory.New(time.Now)
	t.Cleanup(func() {
		require.NoError(t, store.Close())
		require.NoError(t, specification.Close())
	})
	for _, c := range cases {
		ask := questions[c.Kind]
		if ask == nil || len(c.Query.ExclusionsInvalid) > 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			want, err := ask(newWorld(t, specification, c, paired))
			require.NoError(t, err)
			got, err := ask(newWorld(t, store, c, paired))
			require.NoError(t, err)
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-12), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("-memory +store:\n%s", diff)
			}
		})
	}
}

// questions asks a scenario's question.
var questions = map[string]func(*world) (any, error){
	"trends": func(w *world) (any, error) {
		r := w.trendsRequest()
		r.Period = w.resolved()
		return w.engine.Trends(w.t.Context(), w.org, r)
	},
	"funnel": func(w *world) (any, error) {
		r := w.funnel()
		r.Period = w.resolved()
		return w.engine.Funnel(w.t.Context(), w.org, r)
	},
	"retention":  func(w *world) (any, error) { return w.engine.Retention(w.t.Context(), w.org, w.retention()) },
	"stickiness": func(w *world) (any, error) { return w.engine.Stickiness(w.t.Context(), w.org, w.stickiness()) },
	"lifecycle":  func(w *world) (any, error) { return w.engine.Lifecycle(w.t.Context(), w.org, w.lifecycle()) },
	"paths": func(w *world) (any, error) {
		return w.engine.Paths(w.t.Context(), w.org, insight.PathsRequest{Audience: w.audience(), Period: w.resolved(), Ways: w.ways()})
	},
}
