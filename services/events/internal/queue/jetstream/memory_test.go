package jetstream

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// Hours need not ascend, since the clocks of instances differ: the last ids that were written may be of an hour that is forgotten before others.
func TestTheLastIdsMayBeForgottenFirst(t *testing.T) {
	l := openLog(t, logOptions(t, startBroker(t)))
	require.NoError(t, l.Await(t.Context()))
	kept, gone := uuid.New(), uuid.New()
	for _, note := range []struct {
		hour uint32
		id   uuid.UUID
	}{{7, kept}, {6, gone}} {
		p, err := l.Append(t.Context(), note.hour, []queue.Entry{{Frame: []byte("f"), IDs: []uuid.UUID{note.id}, Received: time.UnixMicro(1).UTC()}})
		require.NoError(t, err)
		require.NoError(t, p.Wait())
	}
	require.NoError(t, l.Commit(t.Context(), l.Last()))
	require.NoError(t, l.Forget(t.Context(), 7))
	for range 2 { // to read them leaves them as they are
		_, ids := contents(t, l)
		require.Equal(t, map[uuid.UUID]bool{kept: true}, ids)
	}
}
