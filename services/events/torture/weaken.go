package torture

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/clickhouse"
)

// weaken takes from the store what the orders say, so that a run without it can show that it is needed.
func (o orders) weaken(e insight.Engine) insight.Engine {
	if store, ok := e.(*clickhouse.Store); ok && o.NoReadBack {
		store.TrustTokens()
	}
	if o.NoDedupe {
		return blind{e}
	}
	return e
}

// blind gives each event a new id, so that nothing in the store can know it again. It takes no blocks, so all events come by Append.
type blind struct{ insight.Engine }

// Append changes the ids.
func (s blind) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	renamed := make([]events.Event, len(batch))
	for i, e := range batch {
		e.ID = uuid.New()
		renamed[i] = e
	}
	return s.Engine.Append(ctx, organization, renamed)
}
