package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	logsv1 "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/commandline"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

var sender = Sender{Credential: "key-1", Received: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}

// whole is the export of a request that is taken at once.
func whole(request *collectorv1.ExportLogsServiceRequest, sender Sender) (e Export) {
	for e = range Read(request, sender) {
	}
	return e
}

// exported reads an export of testdata and returns its events as they are kept.
func exported(t *testing.T, name string) ([]events.Event, Export) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	request, err := UnmarshalJSON(body)
	require.NoError(t, err)
	export := whole(request, sender)
	list := make([]events.Event, len(export.Drafts))
	for i, d := range export.Drafts {
		require.NoError(t, d.Err)
		list[i], err = d.Event.Canonical(sender.Received)
		require.NoError(t, err)
		for _, secret := range []string{"secret", "left pad to the report", "[REDACTED]", "Adding tokio", "install some gems"} {
			require.NotContains(t, list[i].Properties, secret, "neither prompts nor output nor credentials are kept")
		}
	}
	return list, export
}

func names(list []events.Event) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name
	}
	return names
}

func TestClaudeCode(t *testing.T) {
	list, export := exported(t, "claude_code.json")
	require.Equal(t, []string{
		"agent.prompted", "agent.model_called", "agent.tool_decided", "agent.tool_called", "package.requested", "package.requested", "agent.tool_called", "agent.model_failed",
		"claude_code.permission_mode_changed",
	}, names(list))
	require.Equal(t, 7, export.Count)
	require.Equal(t, []int{0, 1, 2, 3, 3, 3, 4, 5, 6}, export.Records)
	for _, e := range list {
		require.Equal(t, events.Source{Kind: events.SourceAgent, Tool: "claude-code", ToolVersion: "2.1.119"}, e.Source)
		require.Equal(t, events.Identity{Kind: 1, Value: "ada@example.com"}, e.Actor)
		require.Equal(t, "github.com/acme/web", e.Project)
		require.Equal(t, "2f6f3f6e-7c0a-4c55-9a3b-0d6b5a1c9e10", e.SessionID)
	}
	call, npm, pip := list[3], list[4], list[5]
	require.Contains(t, call.Properties, `"programs":["cd","npm","pip"]`)
	require.Contains(t, call.Properties, `"success":true`)
	require.Equal(t, []string{"pkg:npm/%40types/node", "pkg:npm/left-pad@1.3.0"}, npm.Packages)
	require.Contains(t, npm.Properties, `"evidence":"command line"`)
	require.Contains(t, npm.Properties, `"registry":"https://npm.example.com/"`)
	require.Equal(t, []string{"pkg:pypi/requests@2.31.0"}, pip.Packages)
	require.Equal(t, call.OccurredAt, pip.OccurredAt)
}

func TestCodex(t *testing.T) {
	list, _ := exported(t, "codex.json")
	require.Equal(t, []string{"agent.prompted", "agent.tool_decided", "agent.tool_called", "package.requested", "package.requested", "agent.tool_called", "package.requested"}, names(list))
	require.Equal(t, []string{"pkg:cargo/tokio@1.40.0"}, list[3].Packages)
	require.Equal(t, []string{"pkg:pypi/httpx"}, list[4].Packages)
	require.Equal(t, []string{"pkg:golang/github.com/acme/lib@v1.2.3"}, list[6].Packages)
	require.Contains(t, list[6].Properties, `"tool_failed":true`)
	require.Equal(t, "019a5b6c-7d8e-7f90-a1b2-c3d4e5f60718", list[0].SessionID)
	require.Equal(t, "grace@example.com", list[0].Actor.Value)
}

// TestTheLocalShellOfCodex has arguments that are no JSON: codex joins the words of that tool's command by blanks.
func TestTheLocalShellOfCodex(t *testing.T) {
	for arguments, want := range map[string][]string{
		"bash -lc cd web && npm install left-pad@1.3.0": {"pkg:npm/left-pad@1.3.0"}, "npm install left-pad": {"pkg:npm/left-pad"}, "ls -l": nil, `"npm install left-pad"`: nil,
	} {
		quoted, err := json.Marshal(arguments)
		require.NoError(t, err)
		request, err := UnmarshalJSON([]byte(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": [{"key": "event.name", "value": {"stringValue": "codex.tool_result"}},
			{"key": "tool_name", "value": {"stringValue": "local_shell"}}, {"key": "arguments", "value": {"stringValue": ` + string(quoted) + `}}]}]}]}]}`))
		require.NoError(t, err)
		var packages []string
		for _, d := range whole(request, sender).Drafts {
			require.NotContains(t, d.Event.Properties, "bash -lc")
			packages = append(packages, d.Event.Packages...)
		}
		require.Equal(t, want, packages, arguments)
	}
}

func TestGeminiCLI(t *testing.T) {
	list, _ := exported(t, "gemini_cli.json")
	require.Equal(t, []string{"agent.prompted", "agent.tool_called", "package.requested"}, names(list))
	require.Equal(t, []string{"pkg:gem/rails@7.1.0"}, list[2].Packages)
	require.Equal(t, "gemini-cli", list[2].Source.Tool)
}

func TestCopilot(t *testing.T) {
	list, _ := exported(t, "copilot.json")
	require.Equal(t, []string{"agent.session_started", "agent.model_called", "agent.tool_called", "agent.tool_called", "package.requested", "copilot_chat.edit.feedback"}, names(list))
	for _, e := range list {
		require.Equal(t, events.Source{Kind: events.SourceAgent, Tool: "copilot", ToolVersion: "0.38.0", Machine: "ada-laptop"}, e.Source)
		require.Equal(t, "c0ffee00-0000-4000-8000-000000000001", e.SessionID)
	}
	require.Contains(t, list[1].Properties, `"model":"gpt-4o-2024-08-06"`)
	require.Contains(t, list[2].Properties, `"tool":"readFile"`)
	require.Contains(t, list[2].Properties, `"duration_ms":48`)
	require.Contains(t, list[2].Properties, `"success":true`)
	require.Equal(t, []string{"pkg:npm/left-pad@1.3.0"}, list[4].Packages)
}

func TestOtherLogsKeepTheirNames(t *testing.T) {
	request, err := UnmarshalJSON([]byte(`{"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "builder"}},
		{"key": "cicd.pipeline.name", "value": {"stringValue": "release"}}, {"key": "host.name", "value": {"stringValue": "runner-7"}}]}, "scopeLogs": [{"logRecords": [
		{"eventName": "build.finished", "body": {"stringValue": "what it printed"}, "observedTimeUnixNano": "1777633200000000000", "traceId": "5B8EFFF798038103D269B633813FC60C",
			"spanId": "EEE19B7EC3C1B174", "severityNumber": 9, "unknown": {}, "attributes": [{"key": "db.password", "value": {"stringValue": "x"}}]},
		{"body": {"stringValue": "free text"}}, {"eventName": " \u0007"}]}]}]}`))
	require.NoError(t, err)
	require.Len(t, request.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords()[0].GetTraceId(), 16)
	export := whole(request, sender)
	first, err := export.Drafts[0].Event.Canonical(sender.Received)
	require.NoError(t, err)
	require.Equal(t, "build.finished", first.Name)
	require.Equal(t, events.Source{Kind: events.SourceCI, Tool: "builder", Machine: "runner-7"}, first.Source)
	require.Equal(t, events.Identity{Kind: machine, Value: "runner-7"}, first.Actor)
	require.NotContains(t, first.Properties, "what it printed")
	require.NotContains(t, first.Properties, "password")
	require.Equal(t, "log.recorded", export.Drafts[1].Event.Name)
	require.Equal(t, "log.recorded", export.Drafts[2].Event.Name, "blanks are no name")
	require.Equal(t, sender.Received, export.Drafts[1].Event.OccurredAt)
}

func TestABatchThatIsExportedAgainCountsOnce(t *testing.T) {
	_, first := exported(t, "claude_code.json")
	body, err := os.ReadFile(filepath.Join("testdata", "claude_code.json"))
	require.NoError(t, err)
	request, err := UnmarshalJSON(body)
	require.NoError(t, err)
	for _, record := range request.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords() {
		record.ObservedTimeUnixNano += 1e9
	}
	packed, err := proto.Marshal(request)
	require.NoError(t, err)
	request, err = Unmarshal(packed)
	require.NoError(t, err)
	again := whole(request, sender)
	other := whole(request, Sender{Credential: "key-2", Received: sender.Received})
	seen := map[string]bool{}
	for i, d := range first.Drafts {
		require.Equal(t, d.Event.ID, again.Drafts[i].Event.ID)
		require.NotEqual(t, d.Event.ID, other.Drafts[i].Event.ID)
		require.False(t, seen[d.Event.ID.String()])
		seen[d.Event.ID.String()] = true
	}
}

// record is an export of one record, with fields of its own.
func record(t *testing.T, fields string) []ingest.Draft {
	t.Helper()
	request, err := UnmarshalJSON([]byte(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": "deploy.failed", ` + fields + `}]}]}]}`))
	require.NoError(t, err)
	return whole(request, sender).Drafts
}

// TestWhenARecordWasObservedIsItsTimeWhereItHasNoOther has records that say the same an hour apart, as those of libraries that set this time alone.
func TestWhenARecordWasObservedIsItsTimeWhereItHasNoOther(t *testing.T) {
	const ten, eleven = `"observedTimeUnixNano": "1777629600000000000"`, `"observedTimeUnixNano": "1777633200000000000"`
	require.NotEqual(t, record(t, ten)[0].Event.ID, record(t, eleven)[0].Event.ID)
	for _, own := range []string{
		`"timeUnixNano": "1777629600000000000", `, `"attributes": [{"key": "event.timestamp", "value": {"stringValue": "2026-05-01T10:00:00Z"}}], `,
	} {
		require.Equal(t, record(t, own+ten)[0].Event.ID, record(t, own+eleven)[0].Event.ID, "it passed a collector twice")
	}
}

// TestATextThatIsNoneDoesNotTakeOthersAlong has texts as exporters write them that cut in the middle of a character.
func TestATextThatIsNoneDoesNotTakeOthersAlong(t *testing.T) {
	drafts := record(t, `"timeUnixNano": "1777629600000000001", "attributes": [{"key": "a", "value": {"stringValue": "cut \ud83d"}}]`)
	require.Contains(t, drafts[0].Event.Properties, "cut \uFFFD")
	require.Equal(t, int64(1777629600000000001), drafts[0].Event.OccurredAt.UnixNano(), "digits stay")

	packed, err := proto.Marshal(many(3, "cut ????", "whole"))
	require.NoError(t, err)
	packed = bytes.Replace(packed, []byte("????"), []byte("\xf0\x9f\x98?"), 2)
	request, err := Unmarshal(packed)
	require.NoError(t, err)
	list := whole(request, sender).Drafts
	require.Len(t, list, 3)
	require.Contains(t, list[0].Event.Properties, "cut \uFFFD?")
	require.Contains(t, list[2].Event.Properties, "cut ????")
	_, err = Unmarshal([]byte{0x0a, 0x05, 0x01})
	require.ErrorIs(t, err, ErrBody)
}

func TestErrorsAndHooksRepeatWhatIsNotKept(t *testing.T) {
	for _, name := range []string{"error", "error.message", "exception.message", "exception.stacktrace", "hook_input", "hook_name", "hook_output"} {
		properties := record(t, `"attributes": [{"key": "`+name+`", "value": {"stringValue": "AWS_KEY=abc"}}, {"key": "error_type", "value": {"stringValue": "Exit"}}]`)[0].Event.Properties
		require.NotContains(t, properties, "abc", name)
		require.Contains(t, properties, `"error_type":"Exit"`)
	}
}

func TestAddressesAreKeptWithoutCredentials(t *testing.T) {
	properties := record(t, `"attributes": [
		{"key": "url.full", "value": {"stringValue": "https://x.example/a?access_token=ghp_1"}}, {"key": "url.fragment", "value": {"stringValue": "access_token=ghp_1"}},
		{"key": "http.target", "value": {"stringValue": "/a?access_token=ghp_1"}}, {"key": "remotes", "value": {"arrayValue": {"values": [{"stringValue": "https://user:pw@host/r"}]}}},
		{"key": "message", "value": {"stringValue": "cloning https://user:pw@host/r into r"}}]`)[0].Event.Properties
	require.NotContains(t, properties, "ghp_")
	require.NotContains(t, properties, "pw")
	require.Contains(t, properties, `"url.full":"https://x.example/a"`)
	require.Contains(t, properties, `"message":"cloning https://host/r into r"`)
}

// TestMembersOfObjectsAreWhatTheirWholeNamesSay has objects in place of names with dots, in lists and other objects too.
func TestMembersOfObjectsAreWhatTheirWholeNamesSay(t *testing.T) {
	object := func(name, value string) string {
		return `{"key": "` + name + `", "value": ` + value + `}`
	}
	within := func(members ...string) string {
		return `{"kvlistValue": {"values": [` + strings.Join(members, ",") + `]}}`
	}
	const text = `{"stringValue": "AWS_KEY=abc"}`
	for _, names := range []string{
		"error message", "exception message", "exception stacktrace", "Exception Message", "process command_line", "process command_args", "gen_ai prompt 0", "gen_ai tool call id",
		"http request header x", "http.request header.x y", "hook hook_input", "data exception message", "exception message text", "db password",
	} {
		value := text
		path := strings.Fields(names)
		for _, name := range slices.Backward(path[1:]) {
			value = within(object(name, value), object("error_type", `{"stringValue": "Exit"}`))
		}
		for _, value := range []string{value, `{"arrayValue": {"values": [` + value + `]}}`} {
			properties := record(t, `"attributes": [`+object(path[0], value)+`]`)[0].Event.Properties
			require.NotContains(t, properties, "abc", names)
			require.Equal(t, path[0] != "error", strings.Contains(properties, `"error_type":"Exit"`), names)
		}
	}
}

// TestACommandIsParsedOnce compares what a command costs with what its parsing does.
func TestACommandIsParsedOnce(t *testing.T) {
	command := strings.Repeat("npm run build && ", 500) + "npm i a"
	cost := func(tool string) float64 {
		arguments, err := json.Marshal(map[string]string{"command": command})
		require.NoError(t, err)
		request := many(1, string(arguments))
		r := request.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords()[0]
		r.GetAttributes()[0].Key, r.EventName = "tool_parameters", "claude_code.tool_result"
		r.Attributes = append(r.Attributes, &commonv1.KeyValue{Key: "tool_name", Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: tool}}})
		return testing.AllocsPerRun(10, func() { whole(request, sender) })
	}
	parsing := testing.AllocsPerRun(10, func() { commandline.Parse(command) })
	require.InDelta(t, parsing, cost("Bash")-cost("Read"), parsing/2)
}

func TestAnOriginalIsKeptOnce(t *testing.T) {
	list, _ := exported(t, "claude_code.json")
	for _, e := range list {
		if e.Name == "package.requested" {
			require.NotContains(t, e.Properties, `"original"`)
		} else {
			require.Contains(t, e.Properties, `"original"`)
		}
	}
}

func TestAnswerCountsRecords(t *testing.T) {
	e := Export{Records: []int{0, 1, 1, 2}, Count: 3}
	bad := ingest.Result{Status: ingest.Rejected, Err: events.ErrTextTooLong}
	answer := &collectorv1.ExportLogsServiceResponse{}
	e.Answer(make([]ingest.Result, 4), answer)
	require.Nil(t, answer.GetPartialSuccess())
	e.Answer([]ingest.Result{{Status: ingest.Stored}, bad, bad, bad}, answer)
	require.EqualValues(t, 2, answer.GetPartialSuccess().GetRejectedLogRecords())
	require.Equal(t, "the text is too long", answer.GetPartialSuccess().GetErrorMessage())
	e.Answer([]ingest.Result{bad, {Status: ingest.Stored}, {Status: ingest.Stored}, {Status: ingest.Stored}}, answer)
	require.EqualValues(t, 3, answer.GetPartialSuccess().GetRejectedLogRecords())
}

// many is a request of records that say what they are by their number, each with texts.
func many(n int, texts ...string) *collectorv1.ExportLogsServiceRequest {
	records := make([]*logsv1.LogRecord, n)
	for i := range records {
		records[i] = &logsv1.LogRecord{TimeUnixNano: uint64(i + 1)} //nolint:gosec // small
		for j, text := range texts {
			records[i].Attributes = append(records[i].Attributes, &commonv1.KeyValue{
				Key: fmt.Sprint("text", j), Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: text}},
			})
		}
	}
	return &collectorv1.ExportLogsServiceRequest{ResourceLogs: []*logsv1.ResourceLogs{{ScopeLogs: []*logsv1.ScopeLogs{{LogRecords: records}}}}}
}

// TestABatchOfACollectorIsTaken has more records than are taken at once: what is sent by default, and the most.
func TestABatchOfACollectorIsTaken(t *testing.T) {
	for _, n := range []int{1, togetherDrafts, 8192, MaxRecords} {
		request := many(n)
		packed, err := proto.Marshal(request)
		require.NoError(t, err)
		request, err = Unmarshal(packed)
		require.NoError(t, err)
		seen, calls := make(map[string]bool), 0
		answer, err := Take(request, sender, func(drafts []ingest.Draft) ([]ingest.Result, error) {
			calls++
			require.LessOrEqual(t, len(drafts), togetherDrafts)
			results := make([]ingest.Result, len(drafts))
			for i, d := range drafts {
				seen[d.Event.ID.String()] = true
				results[i].Status = ingest.Rejected
			}
			return results, nil
		})
		require.NoError(t, err)
		require.Len(t, seen, n)
		require.Equal(t, (n+togetherDrafts-1)/togetherDrafts, calls)
		require.EqualValues(t, n, answer.GetPartialSuccess().GetRejectedLogRecords())
	}
	calls := 0
	_, err := Take(many(MaxRecords), sender, func([]ingest.Draft) ([]ingest.Result, error) {
		calls++
		return nil, ErrBody
	})
	require.ErrorIs(t, err, ErrBody)
	require.Equal(t, 1, calls)
}

func TestLargeRecordsAreTakenFewAtATime(t *testing.T) {
	count, calls := 0, 0
	for e := range Read(many(3000, slices.Repeat([]string{strings.Repeat("x", maxValue)}, 15)...), sender) {
		calls++
		bytes := 0
		for _, d := range e.Drafts {
			bytes += len(d.Event.Properties)
		}
		require.Less(t, bytes, togetherBytes+1<<20)
		count += len(e.Drafts)
	}
	require.Equal(t, 3000, count)
	require.Equal(t, 3, calls)
}

func FuzzUnmarshal(f *testing.F) {
	for _, name := range []string{"claude_code.json", "codex.json", "copilot.json", "gemini_cli.json"} {
		body, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		request, err := UnmarshalJSON(body)
		if err != nil {
			f.Fatal(err)
		}
		packed, err := proto.Marshal(request)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, true)
		f.Add(packed, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, isJSON bool) {
		sourcetest.Bounded(t, body, func() (drafts []ingest.Draft, err error) {
			read := Unmarshal
			if isJSON {
				read = UnmarshalJSON
			}
			request, err := read(body)
			if err != nil {
				return nil, err
			}
			for e := range Read(request, sender) {
				for _, d := range e.Drafts {
					if _, err := d.Event.Canonical(sender.Received); err != nil {
						t.Fatalf("a record that cannot be kept: %v", err)
					}
				}
				drafts = e.Drafts
			}
			return drafts, nil
		})
	})
}

// TestARequestOfTooManyIsNotRead has requests of many empty resources, scopes and records.
func TestARequestOfTooManyIsNotRead(t *testing.T) {
	const n = 1 << 20
	inner := func(field protowire.Number, message []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), message)
	}
	empty := []byte{2<<3 | 2, 0}
	array := "[" + strings.Repeat("{},", n) + "{}]"
	for name, c := range map[string]struct{ wire, json []byte }{
		"resources": {bytes.Repeat([]byte{1<<3 | 2, 0}, n+1), []byte(`{"resourceLogs": ` + array + `}`)},
		"scopes":    {inner(1, bytes.Repeat(empty, n+1)), []byte(`{"resource_logs": [{"scopeLogs": ` + array + `}]}`)},
		"records":   {inner(1, inner(2, bytes.Repeat(empty, n+1))), []byte(`{"resourceLogs": [{}, {"scope\u004cogs": [{"log_records": ` + array + `}]}]}`)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, wire := Unmarshal(c.wire)
		_, inJSON := UnmarshalJSON(c.json)
		runtime.ReadMemStats(&after)
		for _, err := range []error{wire, inJSON} {
			require.ErrorIs(t, err, ErrRecords, name)
			require.ErrorContains(t, err, "1048577 "+name)
		}
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), name)
	}
}

// TestARequestOfTooManyValuesIsNotRead has records of many empty attributes and values, which a body of a few kilobytes can be packed from.
func TestARequestOfTooManyValuesIsNotRead(t *testing.T) {
	const n = 2 << 20
	inner := func(field protowire.Number, message []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), message)
	}
	record := func(message []byte) []byte { return inner(1, inner(2, inner(2, message))) }
	array := "[" + strings.Repeat("{},", n) + "{}]"
	for name, c := range map[string]struct{ wire, json []byte }{
		"attributes": {record(bytes.Repeat([]byte{6<<3 | 2, 0}, n)), []byte(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": ` + array + `}]}]}]}`)},
		"values": {
			record(inner(5, inner(5, bytes.Repeat([]byte{1<<3 | 2, 0}, n)))),
			[]byte(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"arrayValue": {"values": ` + array + `}}}]}]}]}`),
		},
		"what nobody asks for": {record(bytes.Repeat([]byte{6<<3 | 2, 0}, n)), []byte(`{"resourceLogs": [{"schemaUrl": "\ud800"}], "more": [` + strings.Repeat("0,", n) + `0]}`)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, wire := Unmarshal(c.wire)
		_, inJSON := UnmarshalJSON(c.json)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, wire, ErrRecords, name)
		require.Error(t, inJSON, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), name)
	}
}
