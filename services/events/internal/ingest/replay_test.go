package ingest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
)

// nowhere is a directory that is told that there is no such organization.
type nowhere struct{ everybody }

func (nowhere) Resolve(context.Context, uuid.UUID, []people.Hint) (map[events.Identity]people.Person, error) {
	return nil, auth.ErrOrganizationNotFound
}

// TestALetterOfAnOrganizationThatDoesNotExistIsRejected replays one of those that were taken in before organizations were asked for. It has a result like others,
// which it does not take along.
func TestALetterOfAnOrganizationThatDoesNotExistIsRejected(t *testing.T) {
	t.Parallel()
	store, at := memory.New(time.Now), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	in := ingest.New(store, nowhere{}, slog.New(slog.DiscardHandler), time.Now)
	e := events.Event{
		Actor: events.Identity{Kind: 1, Value: "ada@example.org"}, ID: uuid.New(), Name: "a", OccurredAt: at, Properties: "{}", Source: events.Source{Kind: events.SourceGit},
	}
	require.NoError(t, store.AddDeadLetters(t.Context(), acme, []events.DeadLetter{{FailedAt: at, ID: e.ID, Name: e.Name, Reason: "TEXT_INVALID", ReceivedAt: at}}))
	result, err := in.Replay(t.Context(), acme, e.ID, &ingest.Draft{Event: e})
	require.NoError(t, err)
	require.Equal(t, ingest.Rejected, result.Status)
	require.ErrorIs(t, result.Err, auth.ErrOrganizationNotFound)
}
