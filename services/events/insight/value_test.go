package insight_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

func TestTextAndNumberForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		json   string
		text   string
		number string // empty: none
	}{
		{`"a\u00e9\n"`, "a\u00e9\n", ""},
		{`""`, "", ""},
		{`true`, "true", ""},
		{`2.0`, "2", "2"},
		{`-0`, "0", "0"},
		{`1e21`, "1e+21", "1e+21"},
		{`1e-7`, "1e-7", "1e-07"},
		{`12345678901234567890`, "12345678901234567890", "1.2345678901234567e+19"},
		{`"5"`, "5", "5"},
		{`"+5.50"`, "+5.50", "5.5"},
		{`".5"`, ".5", "0.5"},
		{`"5."`, "5.", "5"},
		{`"1E3"`, "1E3", "1000"},
		{`" 5"`, " 5", ""},
		{`"0x10"`, "0x10", ""},
		{`"1_000"`, "1_000", ""},
		{`"NaN"`, "NaN", ""},
		{`"Inf"`, "Inf", ""},
		{`"1e999"`, "1e999", ""},
		{`"1e-999"`, "1e-999", "0"},
		{`"\u0665"`, "\u0665", ""},
		{`"5\n"`, "5\n", ""},
		{`{"b":1,"a":[2.0,null]}`, `{"a":[2,null],"b":1}`, ""},
		{`[ 1 ]`, "[1]", ""},
	} {
		object, err := events.CanonicalObject(`{"other":1,"p":` + c.json + `}`)
		require.NoError(t, err)
		p := insight.ParseProperties(object)
		text, ok := p.Text("p")
		require.True(t, ok, c.json)
		require.Equal(t, c.text, text, c.json)
		number, ok := p.Number("p")
		require.Equal(t, c.number != "", ok, c.json)
		if ok {
			want, err := strconv.ParseFloat(c.number, 64)
			require.NoError(t, err)
			require.InDelta(t, want, number, 0, c.json)
		}
	}
	p := insight.ParseProperties(`{"null":null}`)
	for _, key := range []string{"null", "absent"} {
		_, ok := p.Text(key)
		require.False(t, ok, key)
		_, ok = p.Number(key)
		require.False(t, ok, key)
		require.Equal(t, insight.Part{Missing: true}, p.Part(key))
		require.Equal(t, key == "null", p.Set(key))
	}
	require.False(t, insight.Properties(nil).Set("p"))
}

func TestTimeForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05-01T12:00:00Z": "2026-05-01T12:00:00Z", "2026-05-01T14:00:00.123456789+02:00": "2026-05-01T12:00:00.123456Z", "2026-02-30T12:00:00Z": "", "2026-05-01": "",
		"2026-05-01T12:00:00": "", "2026-05-01 12:00:00Z": "", "2026-05-01T24:00:00Z": "", "2026-05-01T12:00:60Z": "", "2026-05-01t12:00:00z": "", "": "",
	} {
		at, ok := insight.ParseTime(text)
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, at.Format("2006-01-02T15:04:05.999999Z07:00"), text)
		}
	}
}

func TestCanonicalValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{`2.0`: "2", `{"b": 1, "a": 2}`: `{"a":2,"b":1}`, `"x"`: "x", ` true `: "true"} {
		text, ok := insight.CanonicalValue(value)
		require.True(t, ok, value)
		require.Equal(t, want, text)
	}
	for _, value := range []string{`null`, `1,"w":2`, `1}`, ``, `x`} {
		_, ok := insight.CanonicalValue(value)
		require.False(t, ok, value)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	a, b, none := insight.Part{Text: "a"}, insight.Part{Text: "b"}, insight.Part{Missing: true}
	require.Equal(t, insight.Key{Kind: insight.MissingKey}, insight.NewKey(none, none))
	ordered := []insight.Key{
		{Kind: insight.CohortKey},
		{Kind: insight.CohortKey, Cohort: 1},
		insight.NewKey(insight.Part{}, a), insight.NewKey(a, a), insight.NewKey(a, b), insight.NewKey(a, none),
		insight.NewKey(none, a), insight.NewKey(none), insight.Other,
	}
	seen := map[string]bool{}
	for i, k := range ordered {
		for j, other := range ordered {
			require.Equal(t, i < j, k.Compare(other) < 0, "%v %v", k, other)
		}
		require.False(t, seen[k.Identity()])
		seen[k.Identity()] = true
	}
}
