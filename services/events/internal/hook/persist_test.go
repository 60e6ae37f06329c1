package hook_test

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
)

// TestWhatCannotBeStoredNowIsAskedForAgain has deliveries that are not stored for as long as a provider waits.
func TestWhatCannotBeStoredNowIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		var delay time.Duration
		f.intake.answer = func(ingest.Draft) (ingest.Result, bool) {
			return ingest.Result{Status: ingest.Retry, RetryAfter: delay}, true
		}
		begun := time.Now()
		status, header, text := f.github("star", "d1", star)
		require.Equal(t, http.StatusServiceUnavailable, status, text)
		require.Equal(t, "5", header.Get("Retry-After"))
		require.Equal(t, 8*time.Second, time.Since(begun), "for less than a provider waits")
		delay = 1500 * time.Millisecond
		_, header, _ = f.github("star", "d1", star)
		require.Equal(t, "2", header.Get("Retry-After"))
		f.intake.err = fault.New(fault.Exhausted, "QUOTA", "too many events").RetryAfter(90 * time.Second)
		status, header, text = f.github("star", "d1", star)
		require.Equal(t, http.StatusServiceUnavailable, status, text)
		require.Equal(t, "90", header.Get("Retry-After"))
		require.NotContains(t, text, "too many")
		f.intake.answer, f.intake.err = nil, nil
		status, _, _ = f.github("star", "d1", star)
		require.Equal(t, http.StatusAccepted, status)
		require.InDelta(t, 3, f.count("devtrail_hook_deliveries_total", "retry", "github"), 0)
	})
}

// TestAHookOfAnOrganizationThatDoesNotExistIsAnErrorOfTheSettings keeps the deliveries with their provider until the hooks file is right.
func TestAHookOfAnOrganizationThatDoesNotExistIsAnErrorOfTheSettings(t *testing.T) {
	f := setup(t)
	var log bytes.Buffer
	f.logTo(&log)
	f.intake.err = auth.ErrOrganizationNotFound
	status, _, text := f.github("star", "d1", star)
	require.Equal(t, http.StatusServiceUnavailable, status, text)
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "organization_id="+organization)
	f.intake.err = nil
	status, _, _ = f.github("star", "d1", star)
	require.Equal(t, http.StatusAccepted, status)
}

// TestADeliveryIsHeldWhileWhatItNeedsComesBack has some of a push's events stored at once and the others later: GitHub would not send it again.
func TestADeliveryIsHeldWhileWhatItNeedsComesBack(t *testing.T) {
	const push = `{"ref": "refs/heads/main", "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222",
		"repository": {"html_url": "https://github.com/example/shop"}, "sender": {"id": 1815},
		"commits": [{"id": "2222222222222222222222222222222222222222", "timestamp": "2026-05-01T11:30:00+02:00", "author": {"email": "ada@example.org"}}]}`
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		begun, asked := time.Now(), map[string]int{}
		f.intake.answer = func(d ingest.Draft) (ingest.Result, bool) {
			asked[d.Event.Name]++
			away := d.Event.Name == "commit.authored" && time.Since(begun) < 3*time.Second
			return ingest.Result{Status: ingest.Retry, RetryAfter: time.Second}, away
		}
		_, _, text := f.github("push", "d1", push)
		require.JSONEq(t, `{"status": "stored", "events": 2, "stored": 2, "duplicates": 0, "rejected": 0}`, text)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.Equal(t, map[string]int{"commit.authored": 4, "branch.pushed": 1}, asked)
	})
}

// TestAProviderThatWaitsForLessIsAnsweredSooner has a server of the Gitea family, which gives up after five seconds.
func TestAProviderThatWaitsForLessIsAnsweredSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		f.intake.answer = func(ingest.Draft) (ingest.Result, bool) { return ingest.Result{Status: ingest.Retry}, true }
		const fork = `{"forkee": {"html_url": "https://git.example.org/example/shop"}, "repository": {"html_url": "https://git.example.org/ada/shop"}, "sender": {"login": "ada"}}`
		begun := time.Now()
		w := f.post("/hooks/forgejo/forgejo", fork, "X-Forgejo-Event", "fork", "X-Forgejo-Signature", sum(secret, fork))
		require.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body.String())
		require.Equal(t, 3*time.Second, time.Since(begun))
	})
}

// TestNoMoreDeliveriesAreHeldThanThereIsRoomFor has the last of many answered at once.
func TestNoMoreDeliveriesAreHeldThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		f.intake.answer = func(ingest.Draft) (ingest.Result, bool) { return ingest.Result{Status: ingest.Retry}, true }
		var held sync.WaitGroup
		for i := range 256 {
			held.Go(func() { f.github("star", strconv.Itoa(i), star) })
		}
		synctest.Wait()
		begun := time.Now()
		status, _, _ := f.github("star", "one more", star)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, begun, time.Now())
		held.Wait()
	})
}
