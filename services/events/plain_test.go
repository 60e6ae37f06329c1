package events

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// objects are canonical, nearly so, and neither.
var objects = []string{
	`{}`, `{"a":1}`, `{"a":1,"b":[1,2,{"c":null}],"c":true,"d":false}`, `{"a":-0}`, `{"a":-1}`, `{"a":01}`, `{"a":1.5}`, `{"a":1.50}`, `{"a":1e3}`, `{"a":1e21}`,
	`{"a":1e+21}`, `{"a":0.1,"b":1e-7}`, `{"a":1.}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"a": 1}`, ` {}`, `{} `, `{"a":"\n\"\\"}`, `{"a":"\/"}`, `{"a":"\u0001"}`,
	`{"a":"\u000a"}`, `{"\n":1}`, `{"a":"é😀"}`, `{"a":"` + "\x7f" + `"}`, `{"a":"` + "\x01" + `"}`, `{"a":"12345678","b":"1234567\"90"}`, `{"a":[]}`, `{"a":[1,]}`,
	`{"a":{}}`, `{"a":1,}`, `{"a"}`, `{"a":tru}`, `{"a":truer}`, `{`, `{"a`, `{"a":"\`, ``, `[]`, `1`, `{"a":1}{}`, `{"":1,"a":1}`, `{"a":1-2}`, `{"a":-}`, `{"a":1e999}`,
	`{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
}

func TestWhatIsCanonicalIsRecognized(t *testing.T) {
	recognized := 0
	for _, text := range objects {
		canonical, err := CanonicalObject(text)
		_, ok := IsCanonicalObject([]byte(text))
		if ok {
			recognized++
			require.NoError(t, err, text)
			require.Equal(t, canonical, text)
			continue
		}
		if err == nil && canonical == text {
			require.Contains(t, text, `\`, "only escapes may be left to CanonicalObject")
		}
	}
	require.Greater(t, recognized, 12)
	depth, ok := IsCanonicalObject([]byte(`{"a":[[{}],1],"b":2}`))
	require.True(t, ok)
	require.Equal(t, 4, depth)
}

func FuzzIsCanonicalObject(f *testing.F) {
	for _, text := range objects {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		canonical, err := CanonicalObject(text)
		if _, ok := IsCanonicalObject([]byte(text)); ok {
			require.NoError(t, err)
			require.Equal(t, canonical, text)
		}
		if err == nil && !strings.Contains(canonical, `\`) && canonical != "" {
			_, ok := IsCanonicalObject([]byte(canonical))
			require.True(t, ok, "the canonical form without escapes is recognized")
		}
	})
}

func FuzzIsText(f *testing.F) {
	for _, text := range []string{"", "a", "package.added", "twelve bytes\n", "\x7f", "é", "a\u0085b", "12345678\x01", "12345678\xff", "😀😀😀😀", "\x00"} {
		f.Add(text, 4)
	}
	f.Fuzz(func(t *testing.T, value string, limit int) {
		want := text{field: "name", value: value, limit: limit}.check() == nil || value == "" && limit < 0
		require.Equal(t, want && (value != "" || limit >= 0), IsText([]byte(value), limit))
	})
}
