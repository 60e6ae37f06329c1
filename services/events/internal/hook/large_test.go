package hook_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/ingest"
)

// TestLargeDeliveriesWaitForRoom holds as many large deliveries as there is room for: the next is asked for again, a small one passes.
func TestLargeDeliveriesWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		held := make(chan struct{})
		f.intake.hold = func(ctx context.Context) {
			select {
			case <-held:
			case <-ctx.Done():
			}
		}
		big := strings.Replace(star, "{", `{"padding": "`+strings.Repeat("x", 2<<20)+`", `, 1)
		var holding sync.WaitGroup
		for range 5 { // of 25 MiB each, in 128
			holding.Go(func() {
				status, _, _ := f.github("star", uuid.NewString(), big)
				if status != http.StatusAccepted {
					t.Errorf("a held delivery was answered %d", status)
				}
			})
		}
		synctest.Wait()
		status, header, _ := f.github("star", "d6", big)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.NotEmpty(t, header.Get("Retry-After"))
		f.intake.hold = nil
		status, _, _ = f.github("star", "d7", star)
		require.Equal(t, http.StatusAccepted, status)
		close(held)
		holding.Wait()
		status, _, _ = f.github("star", "d6", big)
		require.Equal(t, http.StatusAccepted, status)
	})
}

// TestADeliveryThatIsNotDurableInTimeIsAskedForAgain has an intake that never answers: the provider gets its answer before it gives up.
func TestADeliveryThatIsNotDurableInTimeIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		f.intake.hold = func(ctx context.Context) { <-ctx.Done() }
		f.intake.answer = func(ingest.Draft) (ingest.Result, bool) {
			t.Error("nothing is captured after its time")
			return ingest.Result{}, false
		}
		status, header, _ := f.github("star", "d1", star)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "5", header.Get("Retry-After"))
	})
}
