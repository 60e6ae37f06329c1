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

// big and larger are large deliveries, a little above 1 and 5 MiB.
var (
	big    = padded(1 << 20)
	larger = padded(5 << 20)
)

func padded(bytes int) string {
	return strings.Replace(star, "{", `{"padding": "`+strings.Repeat("x", bytes)+`", `, 1)
}

// chunked delivers a signed body to a hook as GitHub does, without saying how long it is.
func (f *fixture) chunked(hook, delivery, contentType, body string) *httptest.ResponseRecorder {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/hooks/github/"+hook, io.MultiReader(strings.NewReader(body)))
	for name, value := range map[string]string{
		"Content-Type": contentType, "X-GitHub-Event": "star", "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": "sha256=" + sum(secret, body),
	} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// holding has the intake hold deliveries until what it returns is closed.
func (f *fixture) holding() chan<- struct{} {
	held := make(chan struct{})
	f.intake.hold = func(ctx context.Context) {
		select {
		case <-held:
		case <-ctx.Done():
		}
	}
	return held
}

// TestLargeDeliveriesWaitForRoom holds as many large deliveries of a hook as there is room for: one that needs more than is left is asked for again and holds
// nothing of it, a small one passes, and so does a large one of another hook.
func TestLargeDeliveriesWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		held := f.holding()
		var holding sync.WaitGroup
		for range 23 { // of 4 MiB each, in 96 of the hook
			holding.Go(func() {
				if status := f.chunked("github", uuid.NewString(), "application/json", big).Code; status != http.StatusAccepted {
					t.Errorf("a held delivery was answered %d", status)
				}
			})
		}
		synctest.Wait()
		w := f.chunked("github", "d6", "application/json", larger)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.NotEmpty(t, w.Header().Get("Retry-After"))
		f.intake.hold = nil
		status, _, _ := f.github("star", "d7", star)
		require.Equal(t, http.StatusAccepted, status)
		require.Equal(t, http.StatusAccepted, f.chunked("github", "d8", "application/json", big).Code)
		require.Equal(t, http.StatusAccepted, f.gitlab(big))
		close(held)
		holding.Wait()
		require.Equal(t, http.StatusAccepted, f.chunked("github", "d6", "application/json", larger).Code)
	})
}

// TestALargeFormTakesRoomAsItArrives has two of unknown length, of two hooks, each of which could be of 75 MiB where all have room for 128.
func TestALargeFormTakesRoomAsItArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		var hooks []map[string]string
		for _, id := range []string{"one", "another"} {
			hooks = append(hooks, map[string]string{"id": id, "organization": organization, "provider": "github", "secret": secret})
		}
		f.write(hooks)
		f.advance(time.Minute)
		held := f.holding()
		var holding sync.WaitGroup
		holding.Go(func() {
			if status := f.chunked("one", "d1", "application/x-www-form-urlencoded", form(big)).Code; status != http.StatusAccepted {
				t.Errorf("a held delivery was answered %d", status)
			}
		})
		synctest.Wait()
		f.intake.hold = nil
		require.Equal(t, http.StatusAccepted, f.chunked("another", "d2", "application/x-www-form-urlencoded", form(big)).Code)
		close(held)
		holding.Wait()
	})
}

// TestDeliveriesThatGrowDoNotWaitForEachOtherForEver has more of unknown length grow at once than there is room for in the end.
func TestDeliveriesThatGrowDoNotWaitForEachOtherForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		more := make(chan struct{})
		var growing sync.WaitGroup
		for range 24 { // which hold 4 MiB each when they need 4 more, in 96 of the hook
			growing.Go(func() {
				body := io.MultiReader(strings.NewReader(larger[:3<<20]), waiting(more), strings.NewReader(larger[3<<20:]))
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/github/github", body)
				r.Header.Set("X-GitHub-Event", "star")
				r.Header.Set("X-Hub-Signature-256", "sha256="+sum(secret, larger))
				w := httptest.NewRecorder()
				f.handler.ServeHTTP(w, r)
				if w.Code != http.StatusAccepted && w.Code != http.StatusServiceUnavailable {
					t.Errorf("a delivery that grew was answered %d", w.Code)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		close(more)
		growing.Wait()
		require.Equal(t, 2*time.Second, time.Since(began))
		require.Equal(t, http.StatusAccepted, f.chunked("github", "d1", "application/json", larger).Code)
	})
}

// waiting is a part of a body that is empty and takes until it is closed.
type waiting <-chan struct{}

func (w waiting) Read([]byte) (int, error) {
	<-w
	return 0, io.EOF
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
		for range 40 { // of 4 MiB each, in 96 of the hook
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

// TestGitLabSendsAsMuchAsGitHub has a push of very many files: GitLab would switch the hook off for good if it were refused.
func TestGitLabSendsAsMuchAsGitHub(t *testing.T) {
	f := setup(t)
	body := `{"object_kind": "push", "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222", "ref": "refs/heads/main", "project": {"web_url": "https://gitlab.com/team/shop"},
		"commits": [{"id": "2222222222222222222222222222222222222222", "added": ["` + strings.Repeat("x", 12<<20) + `"]}], "total_commits_count": 1}`
	r := f.receipt(f.post("/hooks/gitlab/gitlab", body, "X-Gitlab-Token", secret))
	require.Equal(t, 2, r.Stored)
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
