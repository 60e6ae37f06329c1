package storetest

import (
	"testing"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// InsightStore is what every engine is: a store of events that answers insights.
type InsightStore interface {
	events.Store
	insight.Store
}

// OpenInsightFunc returns a new empty store, which the test closes.
type OpenInsightFunc func(tb testing.TB) InsightStore
