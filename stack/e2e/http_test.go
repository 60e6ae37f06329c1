package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// post sends a body to the HTTP door of the events service; headers are pairs.
func post(tb testing.TB, url, body string, headers ...string) (int, string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(tb, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(tb, err)
	return res.StatusCode, string(answer)
}

func TestSourcesThatSpeakHTTP(t *testing.T) {
	r := sharedSuite(t)
	door, key := r.State.HTTP["events"], "Bearer "+r.State.Keys["ingest"]
	session := uuid.NewString()
	status, answer := post(t, door+"/devtrail.events.v1.IngestService/CaptureEvents", fmt.Sprintf(`{"events": [{"id": %q, "name": "e2e.http", "occurredAt": "2026-01-02T00:00:00Z",
		"source": {"kind": "SOURCE_KIND_SDK", "tool": "e2e"}, "sessionId": %q}]}`, uuid.NewString(), session), "Authorization", key, "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, "CAPTURE_STATUS_STORED")

	status, answer = post(t, door+"/cloudevents", `{"specversion": "1.0", "id": "`+session+`", "type": "dev.cdevents.artifact.downloaded.0.2.0", "source": "https://nexus.example.com",
		"data": {"context": {"timestamp": "2026-01-02T00:00:00Z"}, "subject": {"id": "pkg:npm/e2e-http@1.0.0", "content": {"user": "ada"}}}}`,
		"Authorization", key, "Content-Type", "application/cloudevents+json")
	require.Equal(t, http.StatusOK, status, answer)

	status, answer = post(t, door+"/wakatime/"+r.State.Keys["ingest"]+"/api/v1/users/current/heartbeats.bulk", `[{"entity": "/a.go", "type": "file", "time": 1767312000}]`,
		"Authorization", "Basic MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAw", "X-Machine-Name", "e2e")
	require.Equal(t, http.StatusCreated, status, answer)

	status, answer = post(t, door+"/v1/logs", `{"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}, "scopeLogs": [{"logRecords": [
		{"timeUnixNano": "1767312000000000000", "body": {"stringValue": "claude_code.tool_result"}, "attributes": [{"key": "tool_name", "value": {"stringValue": "Bash"}},
			{"key": "user.email", "value": {"stringValue": "ada@example.com"}}, {"key": "tool_parameters", "value": {"stringValue": "{\"full_command\": \"npm install e2e-http@2.0.0\"}"}}]}]}]}]}`,
		"Authorization", key, "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, status, answer)

	// Events are answered when they are on the disk, and queries see them soon after.
	admin, events := as(t.Context(), r.State.Keys["admin"], ""), dial(t, r.State.Endpoints["events"])
	require.Eventually(t, func() bool {
		var exposure struct{ Sighting struct{ EventCount string } }
		err := ask(admin, t, events, "devtrail.events.v1.EventService/GetExposure", `{"purl": "pkg:npm/e2e-http"}`, &exposure)
		return err == nil && exposure.Sighting.EventCount == "2"
	}, comeBack, 100*time.Millisecond)

	// An organization's key works in its own organization only, by every way in.
	b := newTenant(t, r)
	for _, path := range []string{"/devtrail.events.v1.IngestService/CaptureEvents", "/cloudevents", "/wakatime/api/v1/users/current/heartbeats", "/v1/logs"} {
		status, answer = post(t, door+path, "{}", "Authorization", key, "Content-Type", "application/json", "X-Devtrail-Organization", b.id)
		require.Equal(t, http.StatusNotFound, status, "%s: %s", path, answer)
	}
}
