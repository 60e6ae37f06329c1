package sourcetest

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// What reading may allocate in all, also what is given back before its end: for anything, for a byte that was sent and for a byte of a draft.
const (
	freeBytes   = 2 << 20
	perSent     = 256
	perDraft    = 64
	maxProperty = 1 << 20 // the last draft may go beyond the limit by about this
)

// Bounded demands that what reads a body and makes drafts of it takes memory by the size of the body and of the drafts, and that the drafts are no more than
// what one request may become. What is refused for that has made so many before.
func Bounded(tb testing.TB, body []byte, read func() ([]ingest.Draft, error)) {
	tb.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	drafts, err := read()
	runtime.ReadMemStats(&after)
	size := source.Size(drafts)
	if errors.Is(err, events.ErrRequestTooLarge) {
		size = ingest.MaxRequestBytes
	}
	require.LessOrEqual(tb, size, ingest.MaxRequestBytes+maxProperty, "the drafts are too large")
	require.LessOrEqual(tb, after.TotalAlloc-before.TotalAlloc, uint64(freeBytes+perSent*len(body)+perDraft*size), "%d bytes, %d of drafts", len(body), size) //nolint:gosec // small
}
