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
