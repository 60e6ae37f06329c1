package server

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/env"
	"devtrail.dev/services/events/internal/queue"
)

func TestAddressesOfBrokersAreNotLogged(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"nats://events:hunter1@a:4222",
		"nats://events:hunter1@a:4222,nats://events:hunter2@b:4222",
		"nats://hunter1@a:4222",
		"a:4222,hunter1@b:4222",
	} {
		shown := env.LogValue(Ingest{NATS: NATS{URL: url}}).String()
		require.Contains(t, shown, "NATS_URL=[hidden]")
		require.NotContains(t, shown, "hunter")
	}
	require.Contains(t, env.LogValue(Ingest{}).String(), "NATS_URL= ", "that none is set may be seen")
}

// A folder stays with the engine that has kept it, whichever is set: what waits in it is not left behind.
func TestALogStaysWithItsEngine(t *testing.T) {
	for _, began := range []string{queueSegments, queuePebble} {
		t.Run(began, func(t *testing.T) {
			t.Parallel()
			c := Ingest{Queue: began, QueueBytes: 1 << 20, QueueDir: filepath.Join(t.TempDir(), "log")}
			open := func() queue.Queue {
				log, err := c.openQueue(t.Context(), nil, nil, "instance", slog.New(slog.DiscardHandler), nil)
				require.NoError(t, err)
				return log
			}
			log := open()
			pending, err := log.Append(t.Context(), 1, []queue.Entry{{Frame: []byte("frame"), Organization: uuid.New(), Received: time.Now()}})
			require.NoError(t, err)
			require.NoError(t, pending.Wait())
			require.NoError(t, log.Close())
			names, err := os.ReadDir(c.QueueDir)
			require.NoError(t, err)
			require.NotEmpty(t, names)
			for _, other := range []string{queueSegments, queuePebble} {
				c.Queue = other
				log = open()
				require.EqualValues(t, 1, log.Stats().Frames, "with EVENTS_QUEUE=%s", other)
				require.NoError(t, log.Close())
			}
		})
	}
}
