package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/otlp"
	"devtrail.dev/services/events/internal/web"
)

const logsPath = "/v1/logs"

// export is the request body of a coding agent, in JSON and in protobuf.
func exportOf(t *testing.T, name string) (inJSON, inProtobuf string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "source", "otlp", "testdata", name))
	require.NoError(t, err)
	request, err := otlp.UnmarshalJSON(body)
	require.NoError(t, err)
	packed, err := proto.Marshal(request)
	require.NoError(t, err)
	return string(body), string(packed)
}

func TestLogsOfACodingAgent(t *testing.T) {
	b := setup(t)
	inJSON, inProtobuf := exportOf(t, "claude_code.json")
	a := b.post(logsPath, inJSON)
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	require.Equal(t, "{}", a.body)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	require.Len(t, b.stored(acme), 9)

	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(inProtobuf))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	a = b.post(logsPath, packed.String(), "Content-Type", "application/x-protobuf", "Content-Encoding", "gzip")
	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Empty(t, a.body)
	require.Equal(t, "application/x-protobuf", a.Header.Get("Content-Type"))
	require.Len(t, b.stored(acme), 9, "exported again, in the other encoding, it counts once")

	requested := 0
	for _, e := range b.stored(acme) {
		if e.Name == "package.requested" {
			requested += len(e.Packages)
			require.NotZero(t, e.DeveloperID)
			require.Equal(t, events.SourceAgent, e.Source.Kind)
		}
	}
	require.Equal(t, 3, requested)
}

func TestErrorsOfLogsAreStatuses(t *testing.T) {
	b := setup(t)
	a := b.post(logsPath, "{", "Content-Type", "application/x-protobuf")
	require.Equal(t, http.StatusBadRequest, a.StatusCode)
	var st statuspb.Status
	require.NoError(t, proto.Unmarshal([]byte(a.body), &st))
	require.EqualValues(t, codes.InvalidArgument, st.GetCode())
	require.NotEmpty(t, st.GetMessage())

	a = b.post(logsPath, "{}", "Authorization", "Bearer nobody")
	require.Equal(t, http.StatusUnauthorized, a.StatusCode)
	require.Contains(t, a.body, `"code":16`)
	require.Equal(t, http.StatusUnsupportedMediaType, b.post(logsPath, "{}", "Content-Type", "text/plain").StatusCode)
	require.Equal(t, http.StatusOK, b.post(logsPath, "{}").StatusCode)

	b.identity.SetDown(true)
	inJSON, _ := exportOf(t, "codex.json")
	a = b.post(logsPath, inJSON)
	require.Equal(t, http.StatusServiceUnavailable, a.StatusCode)
	require.Equal(t, "1", a.Header.Get("Retry-After"))
}

// stalled is a body that does not arrive in time.
type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// TestWhatAnExporterIsToSendAgainIsAStatusThatItRepeats has errors that other doors answer 500, 409 and 408, on which exporters drop what they have.
func TestWhatAnExporterIsToSendAgainIsAStatusThatItRepeats(t *testing.T) {
	inJSON, _ := exportOf(t, "codex.json")
	for name, c := range map[string]struct {
		body io.Reader
		err  error
		code codes.Code
		ours uint64 // requests in the series that the alert on internal errors watches
	}{
		"conflict": {strings.NewReader(inJSON), fault.New(fault.Conflict, "CHANGED", "no"), codes.Aborted, 0},
		"internal": {strings.NewReader(inJSON), errors.New("secret"), codes.Internal, 1},
		"slow":     {stalled{}, nil, codes.DeadlineExceeded, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var cfg web.Config
			var deps web.Deps
			setup(t, func(c *web.Config, d *web.Deps) { cfg, deps = *c, *d })
			registry := prometheus.NewRegistry()
			deps.Intake, deps.Registry = intake(func(context.Context) error { return c.err }), registry
			door, err := web.New(cfg, deps)
			require.NoError(t, err)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, logsPath, c.body)
			r.Header.Set("Authorization", "Bearer ingest")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			door.ServeHTTP(w, r)
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Equal(t, "1", w.Header().Get("Retry-After"))
			require.NotContains(t, w.Body.String(), "secret")
			require.Contains(t, w.Body.String(), `"code":`+strconv.Itoa(int(c.code)))
			counts := requests(t, registry)[logsPath]
			require.Equal(t, c.ours, counts["500"])
			require.Equal(t, 1-c.ours, counts["503"])
		})
	}
}

// rejecting is an intake that rejects every second draft.
type rejecting struct{}

func (r rejecting) Take(ctx context.Context, request ingest.Request) ([]ingest.Result, error) {
	return r.Capture(ctx, request.Organization, request.Drafts)
}

func (rejecting) Capture(_ context.Context, _ uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error) {
	results := make([]ingest.Result, len(drafts))
	for i := range results {
		results[i].Status = ingest.Stored
		if i%2 == 1 {
			results[i] = ingest.Result{Status: ingest.Rejected, Err: events.ErrTextTooLong}
		}
	}
	return results, nil
}

func TestWhatIsRejectedIsTold(t *testing.T) {
	b := setup(t, func(_ *web.Config, d *web.Deps) { d.Intake = rejecting{} })
	_, inProtobuf := exportOf(t, "gemini_cli.json")
	a := b.post(logsPath, inProtobuf, "Content-Type", "application/x-protobuf")
	require.Equal(t, http.StatusOK, a.StatusCode)
	var answer collectorv1.ExportLogsServiceResponse
	require.NoError(t, proto.Unmarshal([]byte(a.body), &answer))
	require.EqualValues(t, 1, answer.GetPartialSuccess().GetRejectedLogRecords())
	require.Equal(t, "the text is too long", answer.GetPartialSuccess().GetErrorMessage())

	a = b.post(cloudevents, `[`+minimal("")+`,`+minimal("")+`]`, "Content-Type", many)
	require.Equal(t, http.StatusBadRequest, a.StatusCode)
	require.Equal(t, "[1]", a.problem(t).Field)
	require.Contains(t, a.problem(t).Message, "1 of 2 events were rejected")
}
