package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/hook"
	"devtrail.dev/services/events/internal/ingest"
)

const (
	organization = "5d0c3a5e-0000-4000-8000-000000000001"
	secret       = "It's a Secret to Everybody"
)

// intake is an intake in memory: it knows ids, and can be told what to answer.
type intake struct {
	mu     sync.Mutex
	known  map[uuid.UUID]ingest.Draft
	calls  int
	answer func(ingest.Draft) (ingest.Result, bool)
	hold   func(context.Context)
	err    error
}

// Capture implements hook.Intake.
func (in *intake) Capture(ctx context.Context, organizationID uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error) {
	if in.hold != nil {
		in.hold(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.calls++
	if in.err != nil {
		return nil, in.err
	}
	if organizationID.String() != organization {
		return nil, context.Canceled
	}
	results := make([]ingest.Result, len(drafts))
	for i, d := range drafts {
		if in.answer != nil {
			if r, ok := in.answer(d); ok {
				results[i] = r
				continue
			}
		}
		results[i].Status = ingest.Stored
		if _, again := in.known[d.Event.ID]; again {
			results[i].Status = ingest.Duplicate
		}
		in.known[d.Event.ID] = d
	}
	return results, nil
}

func (in *intake) names() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var names []string
	for _, d := range in.known {
		names = append(names, d.Event.Name)
	}
	return names
}

// fixture is a handler over a hooks file with one hook a provider, named like it.
type fixture struct {
	*testing.T

	file     string
	intake   *intake
	registry *prometheus.Registry
	handler  *hook.Handler

	mu  sync.Mutex
	now time.Time
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, file: filepath.Join(t.TempDir(), "hooks.json"), intake: &intake{known: map[uuid.UUID]ingest.Draft{}}, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	var hooks []map[string]string
	for _, p := range []string{"bitbucket", "forgejo", "gitea", "github", "gitlab", "gogs"} {
		hooks = append(hooks, map[string]string{"id": p, "organization": organization, "provider": p, "secret": secret, "previous_secret": "the secret before"})
	}
	f.write(hooks)
	f.logTo(io.Discard)
	return f
}

// logTo opens the handler anew, with a log that can be read.
func (f *fixture) logTo(w io.Writer) {
	f.Helper()
	f.registry = prometheus.NewRegistry()
	var err error
	f.handler, err = hook.New(f.file, hook.Deps{Intake: f.intake, Logger: slog.New(slog.NewTextHandler(w, nil)), Now: f.clock, Registry: f.registry})
	require.NoError(f, err)
}

// write replaces the hooks file, so that it looks changed.
func (f *fixture) write(hooks any) {
	f.Helper()
	content, ok := hooks.(string)
	if !ok {
		text, err := json.Marshal(hooks)
		require.NoError(f, err)
		content = string(text)
	}
	require.NoError(f, os.WriteFile(f.file, []byte(content), 0o600))
	later := time.Now().Add(time.Duration(len(content)) * time.Minute)
	require.NoError(f, os.Chtimes(f.file, later, later))
}

// post delivers a body with headers and returns the answer.
func (f *fixture) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	f.Helper()
	return f.send(http.MethodPost, path, body, headers...)
}

func (f *fixture) send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

func (f *fixture) receipt(w *httptest.ResponseRecorder) hook.Receipt {
	f.Helper()
	require.Equal(f, http.StatusAccepted, w.Code, w.Body.String())
	var r hook.Receipt
	require.NoError(f, json.Unmarshal(w.Body.Bytes(), &r))
	return r
}

// count reads a counter or a gauge by its name and the values of its labels, in the order of the labels' names.
func (f *fixture) count(name string, labels ...string) float64 {
	f.Helper()
	families, err := f.registry.Gather()
	require.NoError(f, err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	metric:
		for _, m := range family.GetMetric() {
			for i, label := range m.GetLabel() {
				if label.GetValue() != labels[i] {
					continue metric
				}
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return 0
}

func sum(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
