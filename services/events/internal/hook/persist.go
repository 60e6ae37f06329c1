package hook

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/internal/ingest"
)

const (
	// soonest and latest bound the pause before events are given to the intake once more.
	soonest, latest = 200 * time.Millisecond, 2 * time.Second
	// maxHeld is how many deliveries may be kept waiting at once: each is in memory meanwhile.
	maxHeld = 256
)

// persist gives drafts to the intake, and those that it wants again once more, until the patience of the sender is at its end: some never send a delivery a
// second time, and what is away is often back in a moment.
func (h *Handler) persist(ctx context.Context, organization uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error) {
	results, err := h.deps.Intake.Capture(ctx, organization, drafts)
	if err != nil {
		return nil, err
	}
	left, rest := unsettled(results)
	if len(left) == 0 || !h.held.TryAcquire(1) {
		return results, nil
	}
	defer h.held.Release(1)
	for len(left) > 0 && pause.For(ctx, rest) == nil {
		again := make([]ingest.Draft, len(left))
		for i, at := range left {
			again[i] = drafts[at]
		}
		settled, err := h.deps.Intake.Capture(ctx, organization, again)
		if err != nil {
			return nil, err
		}
		for i, at := range left {
			results[at] = settled[i]
		}
		left, rest = unsettled(results)
	}
	return results, nil
}

// unsettled are the places of the results that want their events again, and after which pause.
func unsettled(results []ingest.Result) (left []int, rest time.Duration) {
	for i := range results {
		if results[i].Status == ingest.Retry {
			left, rest = append(left, i), max(rest, results[i].RetryAfter)
		}
	}
	return left, min(max(rest, soonest), latest)
}
