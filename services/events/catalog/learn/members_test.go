package learn

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// compare walks an object and compares what it finds with what is decoded.
func compare(t *testing.T, object string) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for key, raw := range insight.ParseProperties(object) {
		want[key] = string(raw)
	}
	members(object, func(key, raw string) {
		require.NotContains(t, got, key)
		got[key] = raw
	})
	require.Equal(t, want, got, "%s", object)
}

func TestMembersAreThoseThatAreDecoded(t *testing.T) {
	for _, object := range []string{
		"", "{}", "null", "[]", "{", `{"a":1`, `{"a":1}`, `{"a":-1.5e9,"b":"","c":null,"d":true,"e":{},"f":[]}`, `{"a":{"b":[1,{"c":"}],"}],"d":"x"},"e":"]"}`,
		`{"a":"quote \" and \\","b":2}`, `{"k\"ey":1}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{ "a" : 1 }`, `{"":"empty"}`, `{"é":"ü"}`, "{\"a\":\"\xff\"}", `{"a":1} `, `{"a":[[[[]]]]}`,
	} {
		compare(t, object)
	}
}

func TestCanonicalObjectsAreWalked(t *testing.T) {
	object := `{"files":3,"lang":"go","nested":{"a":[1,2]},"ok":true}`
	require.True(t, plain(object))
	require.Zero(t, testing.AllocsPerRun(100, func() { members(object, func(string, string) {}) }))
}

func FuzzMembers(f *testing.F) {
	f.Add(`{"a":{"b":[1,{"c":"}],"}],"d":"x"},"e":"]"}`)
	f.Add(`{"a":"\"","b":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		compare(t, text)
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) != nil {
			return
		}
		if canonical, err := events.CanonicalObject(text); err == nil {
			compare(t, canonical)
		}
	})
}
