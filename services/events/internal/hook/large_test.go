package hook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/ingest"
)

// big is a large delivery.
var big = strings.Replace(star, "{", `{"padding": "`+strings.Repeat("x", 2<<20)+`", `, 1)

// chunked delivers a signed body as GitHub does, without saying how long it is.
func (f *fixture) chunked(delivery, body string) *httptest.ResponseRecorder {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/hooks/github/github", io.MultiReader(strings.NewReader(body)))
	for name, value := range map[string]string{"X-GitHub-Event": "star", "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": "sha256=" + sum(secret, body)} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// TestLargeDeliveriesWaitForRoom holds as many large deliveries of a hook as there is room for: the next is asked for again, a small one passes, and so does a
// large one of another hook.
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
		var holding sync.WaitGroup
		for range 3 { // of 25 MiB each, in 96 of the hook
			holding.Go(func() {
				if status := f.chunked(uuid.NewString(), big).Code; status != http.StatusAccepted {
					t.Errorf("a held delivery was answered %d", status)
				}
			})
		}
		synctest.Wait()
		w := f.chunked("d6", big)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.NotEmpty(t, w.Header().Get("Retry-After"))
		f.intake.hold = nil
		status, _, _ := f.github("star", "d7", star)
		require.Equal(t, http.StatusAccepted, status)
		status, _, _ = f.github("star", "d8", big)
		require.Equal(t, http.StatusAccepted, status, "of one that says how long it is no more is set aside")
		require.Equal(t, http.StatusAccepted, f.gitlab(big))
		close(held)
		holding.Wait()
		require.Equal(t, http.StatusAccepted, f.chunked("d6", big).Code)
	})
}

func (f *fixture) gitlab(body string) int {
	f.Helper()
	return f.post("/hooks/gitlab/gitlab", body, "X-Gitlab-Token", secret).Code
}

// connection is one on which a body begins, and whose reads then wait for the deadline.
type connection struct {
	*httptest.ResponseRecorder

	body      io.Reader
	ctx       context.Context
	deadlines []time.Time
	now       func() time.Time
}

// SetReadDeadline is how http.ResponseController reaches a connection.
func (c *connection) SetReadDeadline(at time.Time) error {
	c.deadlines = append(c.deadlines, at)
	return nil
}

func (c *connection) Read(p []byte) (int, error) {
	if n, err := c.body.Read(p); err == nil {
		return n, nil
	}
	if len(c.deadlines) == 0 {
		<-c.ctx.Done()
		return 0, c.ctx.Err()
	}
	select {
	case <-time.After(c.deadlines[len(c.deadlines)-1].Sub(c.now())):
		return 0, os.ErrDeadlineExceeded
	case <-c.ctx.Done():
		return 0, c.ctx.Err()
	}
}

// TestBodiesThatNeverEndHoldNoOtherHookUp has strangers who begin large deliveries and stall.
func TestBodiesThatNeverEndHoldNoOtherHookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		var stalled sync.WaitGroup
		for range 20 {
			c := &connection{ResponseRecorder: httptest.NewRecorder(), body: strings.NewReader(strings.Repeat("x", 1<<20+1)), ctx: t.Context(), now: f.clock}
			stalled.Go(func() {
				f.handler.ServeHTTP(c, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/github/github", c))
				if c.Code < http.StatusBadRequest {
					t.Errorf("a body that never ends was answered %d", c.Code)
				}
			})
		}
		synctest.Wait()
		require.Equal(t, http.StatusAccepted, f.gitlab(big))
		began := time.Now()
		stalled.Wait()
		require.LessOrEqual(t, time.Since(began), 10*time.Second)
		status, _, _ := f.github("star", "d1", big)
		require.Equal(t, http.StatusAccepted, status)
	})
}

// TestTheDeadlineOfALargeBodyEndsWithIt has a delivery that may take longer once it is read: a deadline that passed by then would end its context.
func TestTheDeadlineOfALargeBodyEndsWithIt(t *testing.T) {
	f := setup(t)
	c := &connection{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/gitlab/gitlab", strings.NewReader(big))
	r.Header.Set("X-Gitlab-Token", secret)
	f.handler.ServeHTTP(c, r)
	require.Equal(t, http.StatusAccepted, c.Code)
	require.Equal(t, []time.Time{f.clock().Add(10 * time.Second), {}}, c.deadlines)
}

// TestTheLimitOfAFormIsThatOfItsPayload has forms that are longer than what they hold, as all are: a quote takes three bytes.
func TestTheLimitOfAFormIsThatOfItsPayload(t *testing.T) {
	f := setup(t)
	deliver := func(path, padding string) *httptest.ResponseRecorder {
		payload := strings.Replace(star, "{", `{"padding": "`+padding+`", `, 1)
		body := form(payload)
		return f.post(path, body, "Content-Type", "application/x-www-form-urlencoded", "X-GitHub-Event", "star", "X-Hub-Signature-256", "sha256="+sum(secret, body), "X-Gitea-Signature", sum(secret, payload))
	}
	require.Equal(t, "stored", f.receipt(deliver("/hooks/github/github", strings.Repeat("\u00e9", 9<<19))).Status, "27 MiB that hold 9")
	w := deliver("/hooks/gitea/gitea", strings.Repeat("x", 10<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Contains(t, w.Body.String(), "at most 10485760 are taken")
	w = deliver("/hooks/gitea/gitea", strings.Repeat("\u00e9", 10<<19))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Contains(t, w.Body.String(), "BODY_TOO_LARGE")
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
