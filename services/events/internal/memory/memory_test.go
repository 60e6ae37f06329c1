package memory_test

import (
	"context"
	"testing"
	"time"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/storetest"
	"devtrail.dev/services/events/storetest/scenario"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) insight.Engine { return memory.New(time.Now) })
}

func TestMonitor(t *testing.T) {
	endless := func(ctx context.Context, s insight.Engine) error {
		return s.(*memory.Store).Endless(ctx, storetest.ID("org"))
	}
	storetest.RunMonitor(t, func(testing.TB) insight.Engine { return memory.New(time.Now) }, endless, func(*testing.T) {})
}

func TestScenarios(t *testing.T) {
	scenario.Run(t, func(testing.TB) insight.Engine { return memory.New(time.Now) })
}

func TestRandom(t *testing.T) {
	storetest.RunRandom(t, func(testing.TB) insight.Engine { return memory.New(time.Now) }, 40) // against itself: that the questions can be asked
}

func TestInsights(t *testing.T) {
	storetest.RunInsights(t, func(testing.TB) insight.Engine { return memory.New(time.Now) })
}
