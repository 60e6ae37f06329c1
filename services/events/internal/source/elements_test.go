package source_test

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
)

func TestElements(t *testing.T) {
	for text, want := range map[string]int{
		`[]`: 0, ` [ ] `: 0, `[0]`: 1, `[[],{}]`: 2, `["a,\",]", {"b": [1, 2], "c": "]"}, [3, 4]]`: 3, "[\n\t1 ,\n 2]\n": 2, `[""]`: 1, `["\\", "\\\""]`: 2, `{"a": 1, "b": [1, 2]}`: 0, `"[1, 2]"`: 0,
	} {
		require.Equal(t, want, source.Elements([]byte(text)), text)
	}
}

func FuzzElements(f *testing.F) {
	for _, seed := range []string{`[]`, `[0, "a,b", {"c": [1, 2]}]`, `["\\\"", []]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var list []json.RawMessage
		if n := source.Elements(text); json.Unmarshal(text, &list) == nil && list != nil && n != len(list) {
			t.Fatalf("%q has %d elements, not %d", text, len(list), n)
		}
	})
}

func TestCountingTakesNoMemory(t *testing.T) {
	array := append(append([]byte("["), bytes.Repeat([]byte("0,"), 1<<20)...), "0]"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.Equal(t, 1<<20+1, source.Elements(array))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16))
}

func TestAMessageOfTooManyValuesIsNotRead(t *testing.T) {
	const most = 1 << 19
	message := func(n int) []byte { // of n+2 values
		return append(append([]byte(`{"a":[`), bytes.Repeat([]byte("0,"), n-1)...), "0]}"...)
	}
	_, err := source.Parse(message(most - 2))
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = source.Parse(message(1 << 22))
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "values, at most 524288 are read")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32<<20))
	_, err = source.Parse([]byte(`{"a": "` + string(bytes.Repeat([]byte(`\",[{`), 1<<19)) + `"}`))
	require.NoError(t, err, "what stands in a text is none")
}

func TestMembersAndObjects(t *testing.T) {
	for text, want := range map[string][2]int{
		`{}`: {0, 1}, ` { } `: {0, 1}, `{"a": 1}`: {1, 1}, `{"a": {"b": 1, "c": [{}, {}]}, "d,{": "}\",{"}`: {2, 4}, `[{}, {}]`: {0, 2}, `"{}"`: {0, 0},
	} {
		require.Equal(t, want, [2]int{source.Members([]byte(text)), source.Objects([]byte(text))}, text)
	}
}
