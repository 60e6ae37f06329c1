package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// event is an event of the contract by its number.
func event(n int) string {
	return fmt.Sprintf(`{"id": "6f9619ff-8b86-4011-b42d-%012d", "name": "package.installed", "occurredAt": "2026-05-01T11:00:00Z",
		"source": {"kind": "SOURCE_KIND_BROWSER", "tool": "firefox"}, "packages": ["pkg:pypi/Left_Pad@1.3.0"], "propertiesJson": "{\"a\": 1}",
		"actor": {"kind": "IDENTITY_KIND_GIT_EMAIL", "value": "dev@example.com"}}`, n)
}

func batch(list ...string) string { return `{"events": [` + strings.Join(list, ",") + `]}` }

// results reads the answer to a batch.
func results(t *testing.T, a answer) []*eventsv1.CaptureResult {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	var res eventsv1.CaptureEventsResponse
	require.NoError(t, protojson.Unmarshal([]byte(a.body), &res))
	return res.GetResults()
}

func TestCaptureAnswersEachEvent(t *testing.T) {
	b := setup(t)
	list := results(t, b.post(capturePath, batch(event(1), `{"id": "6f9619ff-8b86-4011-b42d-000000000002", "occurredAt": "lunch"}`, event(3), event(1))))
	require.Len(t, list, 4)
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, list[0].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, list[1].GetStatus())
	require.Equal(t, "EVENT_INVALID", list[1].GetReason())
	require.Equal(t, "6f9619ff-8b86-4011-b42d-000000000002", list[1].GetEventId())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, list[2].GetStatus())
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, list[3].GetStatus())
	stored := b.stored(acme)
	require.Len(t, stored, 2)
	require.Equal(t, []string{"pkg:pypi/left-pad@1.3.0"}, stored[0].Packages)
	require.NotZero(t, stored[0].DeveloperID)
	require.Empty(t, b.stored(other))
}

// TestWhatCannotBeReadIsNamed has fields that protojson names in its errors, and those that it does not.
func TestWhatCannotBeReadIsNamed(t *testing.T) {
	b := setup(t)
	for text, field := range map[string]string{
		`{"occurredAt": "lunch"}`: "occurred_at", `{"occurred_at": 1777636800}`: "occurred_at", `{"name": 5}`: "name", `{"actor": {"kind": "X"}}`: "actor.kind",
		`{"source": {"kind": "SOURCE_KIND_BROWSER", "tool": 7}}`: "source.tool", `{"source": 5}`: "source", `{"ageMs": "x"}`: "age_ms", `{"packages": "a"}`: "packages",
		`{"propertiesJson": {"a": 1}}`: "properties_json", `{"nam": "x"}`: "nam", `{"actor": {"login": "x"}}`: "actor.login", `5`: "",
		`{"` + strings.Repeat("\u00e9", 200) + `": 1}`:           strings.Repeat("\u00e9", 97) + "...",
		`{"packages": [` + strings.Repeat(`"",`, 1<<20) + `""]}`: "packages",
	} {
		list := results(t, b.post(capturePath, batch(text, event(1))))
		require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, list[0].GetStatus())
		require.Equal(t, field, list[0].GetField(), "%.100s", text)
		require.NotEqual(t, eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, list[1].GetStatus())
	}
	for member, field := range map[string]string{`"sentAt": "lunch"`: "sent_at", `"ack": "X"`: "ack", `"key": "k"`: "key"} {
		a := b.post(capturePath, `{"events": [`+event(1)+`], `+member+`}`)
		require.Equal(t, http.StatusBadRequest, a.StatusCode)
		require.Equal(t, field, a.problem(t).Field)
	}
}

func TestCaptureTakesPackedBodies(t *testing.T) {
	b := setup(t)
	for i, c := range []struct {
		encoding string
		writer   func(io.Writer) io.WriteCloser
	}{
		{"gzip", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }},
		{"br", func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestSpeed) }},
		{"zstd", func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return z
		}},
		{"identity", func(w io.Writer) io.WriteCloser { return plainWriter{w} }},
	} {
		body := pack(t, c.writer, batch(event(i)))
		list := results(t, b.post(capturePath, body, "Content-Encoding", c.encoding))
		require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, list[0].GetStatus(), c.encoding)

		bomb := pack(t, c.writer, strings.Repeat(" ", 21<<20))
		a := b.post(capturePath, bomb, "Content-Encoding", c.encoding)
		require.Equal(t, http.StatusRequestEntityTooLarge, a.StatusCode, c.encoding)
		require.Equal(t, "BODY_TOO_LARGE", a.problem(t).Reason)

		if c.encoding != "identity" {
			a = b.post(capturePath, body[:len(body)/2], "Content-Encoding", c.encoding)
			require.Equal(t, http.StatusBadRequest, a.StatusCode, c.encoding)
			require.Equal(t, "BODY_INVALID", a.problem(t).Reason)
		}
	}
	a := b.post(capturePath, "x", "Content-Encoding", "lzma")
	require.Equal(t, http.StatusUnsupportedMediaType, a.StatusCode)
	require.Contains(t, a.Header.Get("Accept-Encoding"), "zstd")
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

func pack(t *testing.T, writer func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := writer(&packed)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.String()
}

func TestBeaconCarriesItsKey(t *testing.T) {
	b := setup(t)
	body := `{"key": "ingest", "events": [` + event(1) + `]}`
	list := results(t, b.send(http.MethodPost, capturePath, body, "Content-Type", "text/plain;charset=UTF-8"))
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, list[0].GetStatus())
	list = results(t, b.send(http.MethodPost, capturePath+"?key=ingest", batch(event(1)), "Content-Type", "text/plain"))
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, list[0].GetStatus())

	large := `{"key": "ingest", "events": [` + event(2) + `]` + strings.Repeat(" ", 60<<10) + `}`
	require.Equal(t, http.StatusRequestEntityTooLarge, b.send(http.MethodPost, capturePath, large, "Content-Type", "text/plain").StatusCode)
	// In the body of other types a key is not looked for.
	require.Equal(t, http.StatusUnauthorized, b.send(http.MethodPost, capturePath, body, "Content-Type", "application/json").StatusCode)
	require.NotContains(t, b.logs.String(), "key=ingest")
}

func TestCaptureRefusesWhatIsNoBatch(t *testing.T) {
	b := setup(t)
	for body, reason := range map[string]string{
		"":                           "BODY_INVALID",
		"[]":                         "BODY_INVALID",
		`{"event": []}`:              "VALIDATION_FAILED",
		`{"events": []} {}`:          "BODY_INVALID",
		batch(event(1)) + "{}":       "BODY_INVALID",
		`{"events": [{}], "x": 1}`:   "BODY_INVALID",
		`{"events": [{}], "ack": 9}`: "VALIDATION_FAILED",
		`{"events": []}`:             "VALIDATION_FAILED",
		`{"key": "x", "events": 1}`:  "BODY_INVALID",
		`{"events": [` + strings.Repeat("{},", 5000) + "{}]}": "VALIDATION_FAILED",
	} {
		a := b.post(capturePath, body)
		require.Equal(t, http.StatusBadRequest, a.StatusCode, body)
		p := a.problem(t)
		require.Equal(t, reason, p.Reason, body)
		require.Equal(t, "INVALID_ARGUMENT", p.Code)
	}
	require.Equal(t, http.StatusUnsupportedMediaType, b.post(capturePath, batch(event(1)), "Content-Type", "application/xml").StatusCode)
}

func TestABatchOfTooManyIsNotRead(t *testing.T) {
	b := setup(t)
	body := batch(strings.Repeat("0,", 1<<20) + "0")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := b.post(capturePath, body)
	runtime.ReadMemStats(&after)
	require.Equal(t, http.StatusBadRequest, a.StatusCode)
	require.Contains(t, a.body, "1048577 events")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20*len(body)))
	require.Contains(t, b.post(capturePath, `{"events": {"a": 1}}`).body, "events is not a list")
}

func TestMembersAndPackagesOfTooManyAreNotRead(t *testing.T) {
	b := setup(t)
	var members strings.Builder
	for i := range 1 << 19 {
		fmt.Fprintf(&members, `, "%x": 1`, i)
	}
	for _, body := range []string{`{"events": [{}]` + members.String() + `}`, batch(`{"packages": [` + strings.Repeat(`"",`, 2<<20) + `""]}`)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a := b.post(capturePath, body)
		runtime.ReadMemStats(&after)
		require.NotContains(t, a.body, "STORED")
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(9*len(body)), "what reading the body takes")
	}
}

func TestTheClockOfThePage(t *testing.T) {
	b := setup(t)
	body := `{"events": [` + event(1) + `], "ack": "ACK_LEVEL_STORED", "sentAt": "2026-05-01T11:00:00Z"}` // an hour slow
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, results(t, b.post(capturePath, body))[0].GetStatus())
	require.Equal(t, noon, b.stored(acme)[0].OccurredAt)
}

func TestRetryIsTheEventsAnswer(t *testing.T) {
	b := setup(t)
	b.identity.SetDown(true)
	list := results(t, b.post(capturePath, batch(event(1))))
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, list[0].GetStatus())
	b.identity.SetDown(false)
	list = results(t, b.post(capturePath, batch(event(1))))
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, list[0].GetStatus())
}
