package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
)

func TestCanonicalObject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                     `{}`,
		" {\n} ":                               `{}`,
		`{"b":1,"a":2,"":3}`:                   `{"":3,"a":2,"b":1}`,
		`{"a":[1, 2 ,[ ] ,{ }]}`:               `{"a":[1,2,[],{}]}`,
		`{"n":2.0}`:                            `{"n":2}`,
		`{"n":[1e3,1E21,1e-7,-0,-0.0,0.1e1]}`:  `{"n":[1000,1e+21,1e-7,0,0,1]}`,
		`{"n":123456789012345678901234567890}`: `{"n":123456789012345678901234567890}`,
		`{"n":[1.7976931348623157e308,5e-324,123456789.123456789]}`: `{"n":[1.7976931348623157e+308,5e-324,123456789.12345679]}`,
		`{"t":"\u00e4\/\u0001\u001f\t\ud83d\ude00\u2028"}`:          `{"t":"` + "\u00e4/" + `\u0001\u001f\t` + "\U0001F600\u2028" + `"}`,
		`{"\u0062":1,"a\n":2,"a":3}`:                                `{"a":3,"a\n":2,"b":1}`,
		`{"\u0001":1,"\n":2}`:                                       `{"\u0001":1,"\n":2}`,
		`{"x":[true,false,null]}`:                                   `{"x":[true,false,null]}`,
	} {
		got, err := events.CanonicalObject(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
		again, err := events.CanonicalObject(got)
		require.NoError(t, err, in)
		require.Equal(t, got, again, in)
	}
}

func TestCanonicalObjectRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`[]`, `1`, `null`, `{`, `{}x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":-}`, `{"a":1e}`, `{"a":1e999}`, `{"a":+1}`,
		`{"a":nul}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\ud800\u0041"}`, "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", `{"a":"`,
		`{"a":1,"b":2,"a":3}`, `{"a":1,"\u0061":2}`, `{"a":[1 2]}`, `{"a":[1,]}`, `{"a":NaN}`,
		`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
	} {
		_, err := events.CanonicalObject(in)
		require.ErrorIs(t, err, fault.Invalid, in)
		require.ErrorIs(t, err, events.ErrPropertiesInvalid, in)
	}
	_, err := events.CanonicalObject(strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64))
	require.NoError(t, err)
}

// FuzzCanonicalObject: what is taken is JSON with the same meaning, and is its own canonical form.
func FuzzCanonicalObject(f *testing.F) {
	for _, seed := range []string{`{"b":[1,2.50,"\u00e4"],"a":{"y":null,"x":-1e-9}}`, `{"a":1,"a":2}`, `{"\ud83d\ude00":"\ud83d"}`, ` { } `} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, err := events.CanonicalObject(in)
		if err != nil {
			return
		}
		again, err := events.CanonicalObject(out)
		require.NoError(t, err)
		require.Equal(t, out, again)
		if in == "" {
			return
		}
		var before, after map[string]any
		require.NoError(t, json.Unmarshal([]byte(in), &before))
		require.NoError(t, json.Unmarshal([]byte(out), &after))
		require.Equal(t, before, after)
	})
}
