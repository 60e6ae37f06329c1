package storetest

import (
	"testing"

	"devtrail.dev/services/events/insight"
)

// OpenInsightFunc returns a new empty store, which the test closes.
type OpenInsightFunc func(tb testing.TB) insight.Engine
