package clickhouse

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// gate is held by many or by one alone, as a sync.RWMutex is; who waits for it leaves with its context.
type gate struct{ places *semaphore.Weighted }

// everybody is more places than are ever taken at once.
const everybody = 1 << 30

func newGate() gate { return gate{places: semaphore.NewWeighted(everybody)} }

// join waits while somebody is alone or waits to be. Who joined leaves.
func (g gate) join(ctx context.Context) error { return g.places.Acquire(ctx, 1) }

func (g gate) leave() { g.places.Release(1) }

// alone waits until all that joined have left. Who was alone opens the gate.
func (g gate) alone(ctx context.Context) error { return g.places.Acquire(ctx, everybody) }

func (g gate) open() { g.places.Release(everybody) }
