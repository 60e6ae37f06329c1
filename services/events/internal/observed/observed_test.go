package observed_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/observed"
	"devtrail.dev/services/events/storetest"
)

func TestAnObservedStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) insight.Engine {
		s, err := observed.New(memory.New(), prometheus.NewRegistry(), time.Now)
		require.NoError(tb, err)
		return s
	})
}

func TestAnObservedStoreAnswersInsights(t *testing.T) {
	storetest.RunInsights(t, func(tb testing.TB) insight.Engine {
		s, err := observed.New(memory.New(), prometheus.NewRegistry(), time.Now)
		require.NoError(tb, err)
		return s
	})
}
