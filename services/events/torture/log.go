package torture

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/seglog"
)

// logAge is how old the log of the service is when the run begins: it is certain of events since the end of the hour in which it began, and has the database
// look up all others.
const logAge = 2 * time.Hour

// beginLog makes the log of a service that has taken an event in at a time, which the database has had and nobody asks for any more.
func beginLog(ctx context.Context, dir string, at time.Time) (err error) {
	log, err := seglog.Open(seglog.Options{Bytes: 1 << 20, Dir: dir, Fatal: func(string) {}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	e := events.Event{ID: uuid.New(), Name: names[0], OccurredAt: at, Properties: "{}", ReceivedAt: at, Source: events.Source{Kind: events.SourceSDK}}
	frame := queue.Frame{Decision: queue.Decision{Sent: 1}, Events: []events.Event{e}, Organization: organizations[0], Received: at}
	pending, err := log.Append(ctx, uint32(at.Unix()/int64(time.Hour/time.Second)), []queue.Entry{ //nolint:gosec // hours fit
		{Frame: frame.Encode(nil), IDs: []uuid.UUID{e.ID}, Organization: organizations[0], Received: at},
	})
	if err != nil {
		return err
	}
	if err := pending.Wait(); err != nil {
		return err
	}
	return log.Commit(ctx, pending.First())
}
