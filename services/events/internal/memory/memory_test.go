package memory_test

import (
	"testing"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) events.Store { return memory.New() })
}
