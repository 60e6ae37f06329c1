package otlp

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events/internal/source"
)

// What is kept of attributes.
const (
	maxAttributes  = 100
	maxKey         = 200
	maxValue       = 1000
	maxKeptBytes   = 16 << 10
	maxValueNested = 8
)

// dropped are attributes that hold what people and models write, or what tools read and print: prompts, answers, arguments, outputs, and the errors and hooks
// that repeat them. They never reach the log.
var dropped = []string{
	"arguments", "body", "command", "completion", "content", "error", "error_message", "function_args", "function_response", "hook_definitions", "hook_input", "hook_name",
	"hook_output", "messages", "output", "prompt", "prompt_text", "query", "reasoning", "request_text", "response", "response_text", "stderr", "stdout", "tool_call", "tool_input",
	"tool_output", "tool_parameters", "tool_result", "truncated_sequence", "trusted_content", "user_prompt", "verdict_rationale",
}

// droppedWhole are such attributes by their whole names, whose last words alone may be anything, and those that are parts of addresses that may be credentials.
var droppedWhole = []string{
	"error.message", "exception.message", "exception.stacktrace", "http.target", "process.command_args", "process.command_line", "url.fragment",
}

// droppedPrefixes are the same by the semantic conventions.
var droppedPrefixes = []string{"gen_ai.completion", "gen_ai.input", "gen_ai.output", "gen_ai.prompt", "gen_ai.system_instructions", "gen_ai.tool.call", "http.request.header", "http.response.header"}

// secretWords are names, or ends of names, of attributes that are credentials.
var secretWords = []string{"access_token", "api_key", "apikey", "authorization", "cookie", "password", "private_key", "secret", "token"}

// attributes are attributes by name; values are texts, booleans, numbers, lists and objects.
type attributes map[string]any

func attributesOf(list []*commonv1.KeyValue) attributes {
	out := make(attributes, len(list))
	for _, kv := range list {
		if len(kv.GetKey()) <= maxKey {
			out[kv.GetKey()] = valueOf(kv.GetValue(), 0)
		}
	}
	return out
}

func valueOf(v *commonv1.AnyValue, depth int) any {
	switch v := v.GetValue().(type) {
	case *commonv1.AnyValue_StringValue:
		return v.StringValue
	case *commonv1.AnyValue_BoolValue:
		return v.BoolValue
	case *commonv1.AnyValue_IntValue:
		return json.Number(strconv.FormatInt(v.IntValue, 10))
	case *commonv1.AnyValue_DoubleValue:
		if math.IsNaN(v.DoubleValue) || math.IsInf(v.DoubleValue, 0) {
			return strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)
		}
		return v.DoubleValue
	case *commonv1.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(v.BytesValue)
	case *commonv1.AnyValue_ArrayValue:
		if depth >= maxValueNested {
			return nil
		}
		list := make([]any, len(v.ArrayValue.GetValues()))
		for i, member := range v.ArrayValue.GetValues() {
			list[i] = valueOf(member, depth+1)
		}
		return list
	case *commonv1.AnyValue_KvlistValue:
		if depth >= maxValueNested {
			return nil
		}
		object := make(map[string]any, len(v.KvlistValue.GetValues()))
		for _, kv := range v.KvlistValue.GetValues() {
			object[kv.GetKey()] = valueOf(kv.GetValue(), depth+1)
		}
		return object
	}
	return nil
}

// text is an attribute as text; agents send numbers and booleans as text and the other way round.
func (a attributes) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// number is an attribute as a number; nil when it is none.
func (a attributes) number(name string) any {
	f, err := strconv.ParseFloat(a.text(name), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}

// kept is what is stored of the attributes: no prompts, no bodies, no credentials, long texts cut.
func (a attributes) kept() map[string]any { return a.keptUnder("") }

// keptUnder is kept of the members of an object, whose names begin with that of the object and a dot: an object is what its members are by those names.
func (a attributes) keptUnder(prefix string) map[string]any {
	names := make([]string, 0, len(a))
	for name := range a {
		if !private(prefix + name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := make(map[string]any, len(names))
	left := maxKeptBytes
	for _, name := range names[:min(len(names), maxAttributes)] {
		value := shortened(prefix+name, a[name])
		raw, err := json.Marshal(value)
		key := git.Plain(name, maxKey)
		if value == nil || err != nil || key == "" || len(raw)+len(key) > left {
			continue
		}
		left -= len(raw) + len(key)
		out[key] = value
	}
	return out
}

// private tells whether an attribute is one that is never stored.
func private(name string) bool {
	name = strings.ToLower(name)
	last := name[strings.LastIndexByte(name, '.')+1:]
	dotted := "." + name + "." // a name may stand within an object of any name
	return slices.Contains(dropped, last) ||
		slices.ContainsFunc(droppedWhole, func(whole string) bool { return strings.Contains(dotted, "."+whole+".") }) ||
		slices.ContainsFunc(droppedPrefixes, func(prefix string) bool { return strings.Contains(dotted, "."+prefix) }) ||
		slices.ContainsFunc(secretWords, func(word string) bool {
			return last == word || strings.HasSuffix(last, "_"+word) || strings.HasSuffix(last, "-"+word)
		})
}

// shortened cuts long texts and drops private members of objects, of a value by its whole name.
func shortened(name string, value any) any {
	switch v := value.(type) {
	case string:
		return git.Plain(source.BareAddresses(v), maxValue)
	case []any:
		list := make([]any, 0, min(len(v), maxAttributes))
		for _, member := range v[:min(len(v), maxAttributes)] {
			list = append(list, shortened(name, member))
		}
		return list
	case map[string]any:
		return attributes(v).keptUnder(name + ".")
	}
	return value
}
