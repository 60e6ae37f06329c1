package observed_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/observed"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/storetest"
)

// whole is an observed store that takes blocks as it does for the drain.
type whole struct {
	*observed.Store
	queue.BlockStore
}

func open(tb testing.TB) insight.Engine {
	s, err := observed.New(memory.New(time.Now), prometheus.NewRegistry(), time.Now)
	require.NoError(tb, err)
	return whole{Store: s, BlockStore: s.Blocks()}
}

func TestAnObservedStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, open)
}

func TestAnObservedStoreAnswersInsights(t *testing.T) {
	storetest.RunInsights(t, open)
}
