package answer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/answer"
	"devtrail.dev/services/events/internal/memory"
)

// converting is a store of actors of which the one numbered n takes n seconds to convert.
type converting struct {
	*memory.Store
	actors int
}

func (s converting) Sequences(_ context.Context, _ uuid.UUID, _ insight.SequenceQuery, yield func(insight.Sequence) error) error {
	start := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for n := range s.actors {
		rows := []insight.Row{{At: start, Matches: 1}, {At: start.Add(time.Duration(n+1) * time.Second), Matches: 2}}
		if err := yield(insight.Sequence{Actor: fmt.Sprintf("%06d", n+1), Rows: rows}); err != nil {
			return err
		}
	}
	return nil
}

func bins(t *testing.T, actors int) (*answer.Engine, insight.FunnelRequest) {
	t.Helper()
	store := memory.New(time.Now)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	now := func() time.Time { return time.Date(2026, 5, 8, 10, 0, 0, 0, time.UTC) }
	return answer.New(converting{Store: store, actors: actors}, now), insight.FunnelRequest{Steps: []insight.Matcher{opened, opened}, View: insight.TimeToConvert, BinCount: 10}
}

// TestActorsOfABinOfManyAreFoundSoon compares the time for the actors of a bin with that for the bins. It is not parallel, so that other tests take neither.
func TestActorsOfABinOfManyAreFoundSoon(t *testing.T) {
	e, r := bins(t, 100_000)
	begun := time.Now()
	_, err := e.Funnel(t.Context(), org, r)
	require.NoError(t, err)
	counted := time.Since(begun)
	begun = time.Now()
	list, err := e.FunnelActors(t.Context(), org, r, insight.FunnelCell{Bin: 9}, insight.ActorPage{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"090001", "090002"}, list)
	found := time.Since(begun)
	t.Logf("counted in %s, found in %s", counted, found)
	require.Less(t, found, 30*counted, "it takes as long; looking at all samples for each actor took hundreds of times that")
}

func TestBinsPastTheLastAreRefused(t *testing.T) {
	t.Parallel()
	e, r := bins(t, 100)
	list, err := e.FunnelActors(t.Context(), org, r, insight.FunnelCell{Bin: 10}, page) // the last is for what lies at the end of the one before
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = e.FunnelActors(t.Context(), org, r, insight.FunnelCell{Bin: 11}, page)
	refused(t, err, "cell.bin")
}
