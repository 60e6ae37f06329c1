package wire_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/wire"
)

// A protocol with one answer for all events says why the last of them can be sent again so late.
func TestWhatIsSaidOfABatchThatIsNotSettled(t *testing.T) {
	t.Parallel()
	stored, rejected := ingest.Result{Status: ingest.Stored}, ingest.Result{Err: events.ErrTextInvalid, Status: ingest.Rejected}
	require.NoError(t, wire.Unsettled([]ingest.Result{stored, rejected}))
	elsewhere := ingest.Held(queue.ErrElsewhere.With("the instance on a host whose name is nobody's business"), 3*time.Second)
	silent := ingest.Result{RetryAfter: time.Second, Status: ingest.Retry}
	for _, c := range []struct {
		results []ingest.Result
		reason  string
		wait    time.Duration
	}{
		{[]ingest.Result{stored, silent, elsewhere, rejected}, "QUEUE_ELSEWHERE", 3 * time.Second},
		{[]ingest.Result{silent}, "RETRY", time.Second},
		{[]ingest.Result{{Status: ingest.Retry}}, "RETRY", time.Second},
	} {
		f, _ := errors.AsType[*fault.Fault](wire.Unsettled(c.results))
		require.Equal(t, fault.Unavailable, f.Kind())
		require.Equal(t, c.reason, f.Reason())
		require.Equal(t, c.wait, f.Retry())
		require.Equal(t, wire.ErrRetry.Message(), f.Message())
	}
}
