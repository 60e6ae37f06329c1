package web_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// basic is the header by which a plugin presents a key.
func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

// A bulk request as wakatime-cli sends it.
const bulk = `[
	{"branch": "heartbeat", "category": "coding", "cursorpos": 12, "dependencies": ["dep1", "dep2"], "entity": "/tmp/main.go", "is_write": true, "language": "Go",
		"lineno": 42, "lines": 100, "project": "wakatime-cli", "type": "file", "time": 1585598059, "user_agent": "wakatime/13.0.6"},
	{"category": "debugging", "entity": "HIDDEN.py", "type": "file", "time": 1585598060, "user_agent": "wakatime/13.0.7"},
	{"category": "coding", "type": "file", "time": 1585598061}
]`

func TestHeartbeatsInBulk(t *testing.T) {
	b := setup(t)
	for _, c := range []struct{ path, authorization string }{
		{"/wakatime/api/v1", basic("ingest")},
		{"/wakatime/api/v1", basic("ingest:")},
		{"/wakatime/api/v1", basic("anybody:ingest")},
		{"/wakatime/ingest/api/v1", basic("00000000-0000-4000-8000-000000000000")},
		{"/wakatime/api/v1", "Bearer ingest"},
	} {
		a := b.send(http.MethodPost, c.path+"/users/current/heartbeats.bulk", bulk, "Authorization", c.authorization, "Content-Type", "application/json", "X-Machine-Name", "ada-laptop")
		require.Equal(t, http.StatusCreated, a.StatusCode, a.body)
		var answer struct{ Responses [][]json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(a.body), &answer))
		require.Len(t, answer.Responses, 3)
		for i, status := range []string{"201", "201", "400"} {
			require.Len(t, answer.Responses[i], 2)
			require.Equal(t, status, string(answer.Responses[i][1]))
		}
		require.Contains(t, string(answer.Responses[0][0]), `"entity":"/tmp/main.go"`)
		require.JSONEq(t, `{"errors": {"entity": ["the entity is missing"]}}`, string(answer.Responses[2][0]), "with an error a browser's extension sends it again for good")
	}
	require.Len(t, b.stored(acme), 2, "the same heartbeats again count once")
	require.Equal(t, events.Identity{Kind: 6, Value: "ada-laptop"}, b.stored(acme)[0].Actor)
	require.NotContains(t, b.logs.String(), "/ingest/")
}

func TestOneHeartbeat(t *testing.T) {
	b := setup(t)
	machine := "known"
	post := func(body string) answer {
		return b.send(http.MethodPost, "/wakatime/api/v1/users/current/heartbeats", body, "Authorization", basic("ingest"), "X-Machine-Name", machine)
	}
	a := post(`{"entity": "a.go", "type": "file", "time": 1585598059}`)
	require.Equal(t, http.StatusCreated, a.StatusCode)
	require.Contains(t, a.body, `{"data":{"id":`)
	require.Equal(t, http.StatusBadRequest, post(`{"entity": "a.go"}`).StatusCode)
	require.Equal(t, http.StatusBadRequest, post(`[]`).StatusCode)

	b.identity.SetDown(true)
	machine = "unknown"
	require.Equal(t, http.StatusServiceUnavailable, post(`{"entity": "b.go", "time": 1585598059}`).StatusCode)
	a = b.send(http.MethodPost, "/wakatime/api/v1/users/current/heartbeats.bulk", bulk, "Authorization", basic("ingest"), "X-Machine-Name", "other")
	require.Equal(t, http.StatusCreated, a.StatusCode)
	require.Contains(t, a.body, "503]")
}

func TestPluginsGetSmallAnswers(t *testing.T) {
	b := setup(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/users/current", http.StatusOK},
		{http.MethodGet, "/users/current/statusbar/today", http.StatusOK},
		{http.MethodGet, "/users/current/summaries?start=2026-05-01&end=2026-05-01", http.StatusOK},
		{http.MethodGet, "/users/current/goals/00000000-0000-4000-8000-000000000000", http.StatusOK},
		{http.MethodPost, "/users/current/file_experts", http.StatusOK},
		{http.MethodPost, "/plugins/errors", http.StatusCreated},
	} {
		a := b.send(c.method, "/wakatime/api/v1"+c.path, "{}", "Authorization", basic("ingest"))
		require.Equal(t, c.status, a.StatusCode, c.path)
		require.True(t, json.Valid([]byte(a.body)))
		require.Equal(t, http.StatusUnauthorized, b.send(c.method, "/wakatime/api/v1"+c.path, "{}", "Authorization", basic("nobody")).StatusCode)
	}
}
