package rpc_test

import (
	"testing"
	"time"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/rpc/rpctest"
	"devtrail.dev/services/events/storetest/scenario"
)

func TestEveryScenarioThroughTheDesk(t *testing.T) {
	t.Parallel()
	scenario.RunThrough(t, func(testing.TB) insight.Engine { return memory.New(time.Now) }, rpctest.New)
}

func TestNoTextOfARequestIsCode(t *testing.T) {
	t.Parallel()
	rpctest.Inject(t, func(testing.TB) insight.Engine { return memory.New(time.Now) })
}

func TestNoTextOfTheCatalogIsCode(t *testing.T) {
	t.Parallel()
	rpctest.InjectCatalog(t, func(testing.TB) insight.Engine { return memory.New(time.Now) })
}
