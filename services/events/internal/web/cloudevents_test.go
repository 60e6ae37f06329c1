package web_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/events"
)

const (
	single = "application/cloudevents+json"
	many   = "application/cloudevents-batch+json"
)

// minimal is an event with some members more.
func minimal(more string) string {
	return `{"specversion": "1.0", "id": "minimal", "type": "io.cloudevents.test", "source": "https://cloudevents.io"` + more + `}`
}

// The cases of the conformance suite of CloudEvents for its JSON format.
func TestCloudEventsConformanceOfTheJSONFormat(t *testing.T) {
	b := setup(t)
	for name, body := range map[string]string{
		"minimal":                        minimal(""),
		"null for what is optional":      minimal(`, "datacontenttype": null, "dataschema": null, "subject": null, "time": null`),
		"all attributes of the core":     minimal(`, "datacontenttype": "text/plain", "dataschema": "https://cloudevents.io/dataschema", "subject": "tests", "time": "2018-04-05T17:31:00Z"`),
		"time in UTC":                    minimal(`, "time": "2018-04-05T17:31:00Z"`),
		"time to the nanosecond":         minimal(`, "time": "2018-04-05T17:31:00.000000000Z"`),
		"time east of Greenwich":         minimal(`, "time": "2018-04-05T18:31:00+01:00"`),
		"time west of Greenwich":         minimal(`, "time": "2018-04-05T16:31:00-01:00"`),
		"relative source":                `{"specversion": "1.0", "id": "relative", "type": "io.cloudevents.test", "source": "#fragment"}`,
		"text data":                      minimal(`, "datacontenttype": "text/plain", "data": "Simple text"`),
		"data in base64":                 minimal(`, "datacontenttype": "application/octet-stream", "data_base64": "eyAieHl6IjogMTIzIH0="`),
		"extensions of all types":        minimal(`, "extinteger": 10, "extboolean": true, "extstring": "text", "exturi": "https://cloudevents.io", "exturiref": "//authority/path", "exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE="`),
		"an extension that nobody knows": minimal(`, "partitionkey": "a", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"`),
	} {
		require.Equal(t, http.StatusOK, b.post(cloudevents, body, "Content-Type", single).StatusCode, name)
	}
	for name, c := range map[string]struct{ body, field string }{
		"no specversion":                    {`{"id": "a", "type": "t", "source": "s"}`, "specversion"},
		"no id":                             {`{"specversion": "1.0", "type": "t", "source": "s"}`, "id"},
		"no type":                           {`{"specversion": "1.0", "id": "a", "source": "s"}`, "type"},
		"no source":                         {`{"specversion": "1.0", "id": "a", "type": "t"}`, "source"},
		"time is no time":                   {minimal(`, "time": "lunchtime"`), "time"},
		"time to the minute":                {minimal(`, "time": "2018-04-05T18:31Z"`), "time"},
		"time with offset X":                {minimal(`, "time": "2018-04-05T18:31:00X"`), "time"},
		"time offset out of range":          {minimal(`, "time": "2018-04-05T18:31:00+25:00"`), "time"},
		"time offset not a number":          {minimal(`, "time": "2018-04-05T18:31:00+xx:00"`), "time"},
		"time offset of hours alone":        {minimal(`, "time": "2018-04-05T18:31:00+05"`), "time"},
		"empty id":                          {`{"specversion": "1.0", "id": "", "type": "t", "source": "s"}`, "id"},
		"empty type":                        {`{"specversion": "1.0", "id": "a", "type": "", "source": "s"}`, "type"},
		"empty source":                      {`{"specversion": "1.0", "id": "a", "type": "t", "source": ""}`, "source"},
		"empty specversion":                 {`{"specversion": "", "id": "a", "type": "t", "source": "s"}`, "specversion"},
		"unknown specversion":               {`{"specversion": "0.9", "id": "a", "type": "t", "source": "s"}`, "specversion"},
		"content type that is none":         {minimal(`, "datacontenttype": "xyz"`), "datacontenttype"},
		"empty content type":                {minimal(`, "datacontenttype": ""`), "datacontenttype"},
		"empty schema":                      {minimal(`, "dataschema": ""`), "dataschema"},
		"empty subject":                     {minimal(`, "subject": ""`), "subject"},
		"numeric id":                        {`{"specversion": "1.0", "id": 25, "type": "t", "source": "s"}`, "id"},
		"id that is an object":              {`{"specversion": "1.0", "id": {"xyz": "abc"}, "type": "t", "source": "s"}`, "id"},
		"extension with capitals":           {minimal(`, "MyExtension": "bad"`), "MyExtension"},
		"extension with a dot":              {minimal(`, "my.extension": "bad"`), "my.extension"},
		"extension that is a broken number": {minimal(`, "myextension": 1.5`), "myextension"},
		"data twice":                        {minimal(`, "data": "text", "data_base64": "eyAieHl6IjogMTIzIH0="`), "data"},
		"base64 that is none":               {minimal(`, "data_base64": "%"`), "data_base64"},
		"no object":                         {`[]`, ""},
	} {
		a := b.post(cloudevents, c.body, "Content-Type", single)
		require.Equal(t, http.StatusBadRequest, a.StatusCode, name)
		require.Equal(t, c.field, a.problem(t).Field, name)
	}
}

const cloudevents = "/cloudevents"

func TestCloudEventsConformanceOfBatches(t *testing.T) {
	b := setup(t)
	send := func(body string) answer { return b.post(cloudevents, body, "Content-Type", many+"; charset=utf-8") }
	require.Equal(t, http.StatusOK, send(`[]`).StatusCode)
	require.Len(t, results(t, send(`[`+minimal("")+`]`)), 1)
	list := results(t, send(`[`+minimal("")+`,`+strings.Replace(minimal(""), `"minimal"`, `"other"`, 1)+`]`))
	require.Equal(t, "CAPTURE_STATUS_DUPLICATE", list[0].GetStatus().String())
	require.Equal(t, "CAPTURE_STATUS_STORED", list[1].GetStatus().String())
	for body, want := range map[string]struct{ reason, field string }{
		`[` + minimal("") + `,` + strings.Replace(minimal(""), `"1.0"`, `"0.9"`, 1) + `]`:   {"EVENTS_REJECTED", "[1].specversion"},
		`[{"specversion": "1.0", "type": "io.cloudevents.test", "source": "https://c.io"}]`: {"EVENTS_REJECTED", "[0].id"},
		`["not an object",` + minimal("") + `]`:                                             {"EVENTS_REJECTED", "[0]"},
		`{}`:                                                                                {"FORMAT_INVALID", ""},
		`[` + strings.Repeat(`0,`, 1000) + `0]`:                                             {"FORMAT_INVALID", ""},
	} {
		a := send(body)
		require.Equal(t, http.StatusBadRequest, a.StatusCode, body)
		problem := a.problem(t)
		require.Equal(t, want.reason, problem.Reason, body)
		require.Equal(t, want.field, problem.Field, body)
	}
	require.Len(t, b.stored(acme), 2)
}

// An event that is not valid, or of tomorrow's version, is refused alone.
func TestTheOthersOfABatchOfCloudEventsAreStored(t *testing.T) {
	b := setup(t)
	named := func(id string) string { return strings.Replace(minimal(""), `"minimal"`, `"`+id+`"`, 1) }
	a := b.post(cloudevents, `[`+named("a")+`,`+strings.Replace(named("b"), `"1.0"`, `"2.0"`, 1)+`,`+named("c")+`]`, "Content-Type", many)
	require.Equal(t, http.StatusBadRequest, a.StatusCode)
	problem := a.problem(t)
	require.Equal(t, "EVENTS_REJECTED", problem.Reason)
	require.Contains(t, problem.Message, "1 of 3 events")
	require.Contains(t, problem.Message, "event 1: SPECVERSION_UNKNOWN")
	require.Len(t, b.stored(acme), 2)
}

// The scenarios of the conformance suite for the HTTP binding, and the same event in the two modes counts once.
func TestCloudEventsConformanceOfTheHTTPBinding(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		b := setup(t)
		a := b.post("/cloudevents", `{"message": "Hello World!"}`, "Content-Type", contentType, "ce-specversion", "1.0", "ce-type", "com.example.someevent",
			"ce-time", "2018-04-05T03:56:24Z", "ce-id", "1234-1234-1234", "ce-source", "/mycontext/subcontext")
		require.Equal(t, "CAPTURE_STATUS_STORED", results(t, a)[0].GetStatus().String())
		a = b.post("/cloudevents", `{"specversion": "1.0", "type": "com.example.someevent", "time": "2018-04-05T03:56:24Z", "id": "1234-1234-1234",
			"source": "/mycontext/subcontext", "datacontenttype": "application/json", "data": {"message": "Hello World!"}}`, "Content-Type", single+"; charset=utf-8")
		require.Equal(t, "CAPTURE_STATUS_DUPLICATE", results(t, a)[0].GetStatus().String())
		stored := b.stored(acme)
		require.Len(t, stored, 1)
		require.Equal(t, "com.example.someevent", stored[0].Name)
		require.Equal(t, time.Date(2018, 4, 5, 3, 56, 24, 0, time.UTC), stored[0].OccurredAt)
		original := property(t, stored[0], "original")
		require.Equal(t, map[string]any{
			"data": map[string]any{"message": "Hello World!"}, "datacontenttype": contentType, "id": "1234-1234-1234", "source": "/mycontext/subcontext",
			"specversion": "1.0", "time": "2018-04-05T03:56:24Z", "type": "com.example.someevent",
		}, original)
	}
}

// property reads a property of an event.
func property(t *testing.T, e events.Event, name string) any {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(e.Properties), &all))
	return all[name]
}

func TestHeadersOfTheBinaryMode(t *testing.T) {
	b := setup(t)
	binary := func(body string, headers ...string) answer {
		return b.post(cloudevents, body, append([]string{"ce-specversion", "1.0", "ce-type", "t", "ce-id", "a", "ce-source", "s"}, headers...)...)
	}
	require.Equal(t, http.StatusOK, binary("{}", "ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80").StatusCode)
	require.Equal(t, "Euro \u20ac \U0001f600", property(t, b.stored(acme)[0], "subject"))
	require.Equal(t, http.StatusOK, binary("{}", "ce-id", "quoted", "ce-subject", `"a\b \"c\" \\%20d"`).StatusCode)
	require.Equal(t, `ab "c" \ d`, property(t, b.stored(acme)[0], "subject"), "a backslash stands before any character")
	require.Equal(t, http.StatusBadRequest, binary("{}", "ce-subject", "%zz").StatusCode)
	require.Equal(t, http.StatusBadRequest, binary("{", "ce-id", "b").StatusCode)
	require.Equal(t, http.StatusOK, binary("{", "ce-id", "b", "Content-Type", "application/octet-stream").StatusCode)
	original := property(t, b.stored(acme)[0], "original")
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte("{")), original.(map[string]any)["data_base64"])
	require.Equal(t, http.StatusBadRequest, binary("{}", "ce-specversion", "0.3").StatusCode)

	for _, contentType := range []string{"application/cloudevents+protobuf", "application/cloudevents+xml", "application/json", ""} {
		require.Equal(t, http.StatusUnsupportedMediaType, b.post(cloudevents, "{}", "Content-Type", contentType).StatusCode, contentType)
	}
}

// TestDataWithoutAType is of the binary mode, where a type that is missing is not that of JSON.
func TestDataWithoutAType(t *testing.T) {
	for body, want := range map[string]map[string]any{
		`{"a": 1}`: {"data": map[string]any{"a": 1.0}},
		"hello":    {"data_base64": base64.StdEncoding.EncodeToString([]byte("hello"))},
		"\xff\x00": {"data_base64": base64.StdEncoding.EncodeToString([]byte("\xff\x00"))},
	} {
		b := setup(t)
		a := b.send(http.MethodPost, cloudevents, body, "Authorization", "Bearer ingest", "ce-specversion", "1.0", "ce-type", "t", "ce-id", "1", "ce-source", "s")
		require.Equal(t, http.StatusOK, a.StatusCode, a.body)
		original, ok := property(t, b.stored(acme)[0], "original").(map[string]any)
		require.True(t, ok)
		for name, value := range want {
			require.Equal(t, value, original[name], body)
		}
		require.NotContains(t, original, "datacontenttype")
	}
}

func TestTimesOfCloudEvents(t *testing.T) {
	for at, want := range map[string]time.Time{
		"2018-04-05T17:31:00Z": time.Date(2018, 4, 5, 17, 31, 0, 0, time.UTC), "2018-04-05t17:31:00.5z": time.Date(2018, 4, 5, 17, 31, 0, 500_000_000, time.UTC),
		"2018-04-05T17:31:00+02:00": time.Date(2018, 4, 5, 15, 31, 0, 0, time.UTC),
	} {
		b := setup(t)
		a := b.post(cloudevents, minimal(`, "time": "`+at+`"`), "Content-Type", single)
		require.Equal(t, http.StatusOK, a.StatusCode, a.body)
		require.Equal(t, want, b.stored(acme)[0].OccurredAt)
	}
}

func TestSendersAskWhetherTheyMayDeliver(t *testing.T) {
	b := setup(t)
	ask := func(path string, headers ...string) answer {
		return b.send(http.MethodOptions, path, "", append([]string{"WebHook-Request-Origin", "eventemitter.example.com", "WebHook-Request-Rate", "120"}, headers...)...)
	}
	for _, a := range []answer{ask(cloudevents, "Authorization", "Bearer ingest"), ask(cloudevents + "?access_token=ingest")} {
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Equal(t, "eventemitter.example.com", a.Header.Get("WebHook-Allowed-Origin"))
		require.Equal(t, "*", a.Header.Get("WebHook-Allowed-Rate"))
		require.Contains(t, a.Header.Get("Allow"), "POST")
	}
	require.Equal(t, http.StatusUnauthorized, ask(cloudevents).StatusCode)
	require.Empty(t, ask(cloudevents).Header.Get("WebHook-Allowed-Origin"))
	require.Equal(t, http.StatusOK, b.send(http.MethodPost, cloudevents+"?access_token=ingest", minimal(""), "Content-Type", single).StatusCode)
	require.NotContains(t, b.logs.String(), "access_token")
}

func TestSendAgainIsOneAnswerForAll(t *testing.T) {
	b := setup(t)
	b.identity.SetDown(true)
	body := minimal(`, "authtype": "user", "authid": "ada@example.com"`)
	a := b.post(cloudevents, body, "Content-Type", single)
	require.Equal(t, http.StatusServiceUnavailable, a.StatusCode)
	require.Equal(t, "1", a.Header.Get("Retry-After"))
	b.identity.SetDown(false)
	require.Equal(t, http.StatusOK, b.post(cloudevents, body, "Content-Type", single).StatusCode)
	require.Equal(t, events.Identity{Kind: 1, Value: "ada@example.com"}, b.stored(acme)[0].Actor)
}

func TestEveryCDEventIsTaken(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus.Path(t, "cdevents", "conformance"), "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	b := setup(t)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var cd struct {
			Context struct{ ID, Source, Type, Timestamp string }
			Subject struct{ ID string }
		}
		require.NoError(t, json.Unmarshal(raw, &cd))
		name := filepath.Base(file)
		a := b.post(cloudevents, string(raw), "ce-specversion", "1.0", "ce-type", cd.Context.Type, "ce-id", cd.Context.ID+name, "ce-source", cd.Context.Source, "ce-subject", cd.Subject.ID)
		require.Equal(t, "CAPTURE_STATUS_STORED", results(t, a)[0].GetStatus().String(), name)
	}
	stored := b.stored(acme)
	require.Len(t, stored, len(files))
	for _, e := range stored {
		object, predicate, _ := strings.Cut(e.Name, ".")
		require.FileExists(t, filepath.Join(filepath.Dir(files[0]), object+"_"+predicate+".json"))
		require.Equal(t, events.SourceCI, e.Source.Kind)
		if object == "artifact" {
			require.Equal(t, []string{"pkg:golang/mygit.com/myorg/myapp@234fd47e07d1004f0aed9c"}, e.Packages, e.Name)
		}
		if object == "change" || object == "branch" {
			require.Equal(t, "example.org/TestRepo/TestOrg", e.Project, e.Name)
		}
	}
}
