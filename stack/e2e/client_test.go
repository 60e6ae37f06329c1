package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/stack"
)

// The service is killed while a program sends; what the program sent is there, each event once.
func TestTheGoClientLosesNothingWhenTheServiceIsKilled(t *testing.T) {
	r := sharedSuite(t)
	client, err := devtrail.New(devtrail.Config{
		Target: r.State.Endpoints["events"], Token: r.State.Keys["ingest"], Plaintext: true, BatchEvents: 20, Linger: 5 * time.Millisecond, MaxBackoff: 500 * time.Millisecond, Stored: true,
	})
	require.NoError(t, err)
	const count = 600
	session := uuid.NewString()
	var ready int
	for i := range count {
		require.NoError(t, client.Send(t.Context(), &eventsv1.Event{
			Name: "e2e.client", SessionId: session, Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK, Tool: "e2e"}, PropertiesJson: fmt.Sprintf(`{"n": %d}`, i),
		}))
		switch i {
		case count / 3:
			_, ready = r.events.last("events", stack.Ready)
			r.kill(t, "events")
		case 2 * count / 3:
			// Until the next process is ready, the number is that of the one that is gone.
			require.Eventually(t, func() bool {
				_, again := r.events.last("events", stack.Ready)
				return again > ready
			}, comeBack, 20*time.Millisecond)
			r.kill(t, "events")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*comeBack)
	defer cancel()
	require.NoError(t, client.Close(ctx))
	stats := client.Stats()
	require.EqualValues(t, count, stats.Stored+stats.Duplicates, "%+v", stats)

	events := dial(t, r.State.Endpoints["events"])
	var answer struct {
		Events []struct{ ID, SessionID, PropertiesJSON string }
	}
	require.Eventually(t, func() bool {
		text, err := events.call(as(t.Context(), r.State.Keys["admin"], ""), t, "devtrail.events.v1.EventService/ListEvents", `{"filter": {"names": ["e2e.client"]}, "page_size": 1000}`)
		return err == nil && json.Unmarshal([]byte(text), &answer) == nil
	}, comeBack, 50*time.Millisecond)
	seen := map[string]bool{}
	for _, e := range answer.Events {
		require.False(t, seen[e.PropertiesJSON], e.PropertiesJSON)
		seen[e.PropertiesJSON] = true
	}
	require.Len(t, seen, count)
}
