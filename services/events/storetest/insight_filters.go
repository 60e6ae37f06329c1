package storetest

import (
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var filterCases = []insightCase{
	{"every operator on texts, numbers, nothing and null", operatorsOnEvents},
	{"the same operators on properties of developers; nobody has none", operatorsOnDevelopers},
	{"a text that ends with a backslash is one", backslashes},
	{"patterns are RE2 whatever the engine's own are", patterns},
	{"values are compared as text, numbers by their number form", valueForms},
	{"an action is an OR of steps and an event counts once", actions},
}

// passing returns which of the named events pass a filter, also those of nobody. Two questions tell it, and must tell the same.
func (s *story) passing(named map[uuid.UUID]string, order []string, filters []insight.PropertyFilter, m insight.Matcher) string {
	s.t.Helper()
	got := map[string]bool{}
	q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, Properties: filters, By: insight.Projects}, Matchers: []insight.Matcher{m}}
	require.NoError(s.t, s.store.Sequences(s.t.Context(), s.org, q, func(seq insight.Sequence) error {
		for _, row := range seq.Rows {
			got[named[row.ID]] = true
		}
		return nil
	}))
	var list []string
	for _, name := range order {
		if got[name] {
			list = append(list, name)
		}
	}
	for i := range m { // a list of events has no matchers: what they ask for is asked of all
		filters = append(filters[:len(filters):len(filters)], m[i].Properties...)
	}
	listed, err := s.store.Events(s.t.Context(), s.org, insight.EventsQuery{Question: insight.Question{Range: events.AllTime, Properties: filters}, Limit: 1000})
	require.NoError(s.t, err)
	require.Len(s.t, listed, len(got))
	for _, e := range listed {
		require.True(s.t, got[named[e.ID]], "the list of events has %s", named[e.ID])
	}
	return strings.Join(list, " ")
}

type operatorCase struct {
	operator insight.Operator
	values   []string
	want     string
}

// propertyForms are the values that operators are tried with, each with its name.
var propertyForms = [][2]string{
	{"absent", `{}`},
	{"null", `{"p":null}`},
	{"empty", `{"p":""}`},
	{"five", `{"p":5}`},
	{"text5", `{"p":"5"}`},
	{"five0", `{"p":"5.0"}`},
	{"true", `{"p":true}`},
	{"rubbish", `{"p":"rubbish"}`},
	{"upper", `{"p":"Lodash-ES"}`},
	{"accent", `{"p":"\u00c9"}`},
	{"lines", `{"p":"a\nb"}`},
	{"object", `{"p":{"b":1,"a":2.0}}`},
	{"noon", `{"p":"2026-05-01T14:00:00+02:00"}`},
}

const (
	allForms   = "absent null empty five text5 five0 true rubbish upper accent lines object noon"
	valueless  = "absent null"
	formsValue = "empty five text5 five0 true rubbish upper accent lines object noon"
)

var operatorCases = []operatorCase{
	{insight.Exact, []string{"5"}, "five text5"},
	{insight.Exact, []string{"5.0", "true"}, "five0 true"},
	{insight.Exact, []string{""}, "empty"},
	{insight.Exact, []string{`{"a": 2, "b": 1}`}, "object"},
	{insight.IsNot, []string{"5", "rubbish"}, "absent null empty five0 true upper accent lines object noon"},
	{insight.Contains, []string{"LODASH"}, "upper"},
	{insight.Contains, []string{"\u00e9"}, ""},
	{insight.NotContains, []string{"5"}, "absent null empty true rubbish upper accent lines object"},
	{insight.Regex, []string{"^[0-9]+$"}, "five text5"},
	{insight.NotRegex, []string{"."}, valueless + " empty"},
	{insight.Greater, []string{"4.5"}, "five text5 five0"},
	{insight.GreaterOrEqual, []string{"5"}, "five text5 five0"},
	{insight.Less, []string{"5"}, ""},
	{insight.LessOrEqual, []string{"5e0"}, "five text5 five0"},
	{insight.Between, []string{"5", "6"}, "five text5 five0"},
	{insight.NotBetween, []string{"5", "6"}, "absent null empty true rubbish upper accent lines object noon"},
	{insight.IsSet, nil, "null " + formsValue},
	{insight.IsNotSet, nil, "absent"},
	{insight.DateBefore, []string{"2026-05-01T12:00:00.000001Z"}, "noon"},
	{insight.DateBefore, []string{"2026-05-01T12:00:00Z"}, ""},
	{insight.DateAfter, []string{"2026-05-01"}, "noon"},
	{insight.DateBefore, []string{"-999999y"}, ""},
	{insight.DateAfter, []string{"-999999y"}, "noon"},
}

func operatorsOnEvents(s *story) {
	named, order := map[uuid.UUID]string{}, strings.Fields(allForms)
	for i, form := range propertyForms {
		named[s.did([]string{"ada", ""}[i%2], "a", "01 12:00", form[1])] = form[0]
	}
	for _, c := range operatorCases {
		f := s.where("p", c.operator, c.values...)
		require.Equal(s.t, c.want, s.passing(named, order, []insight.PropertyFilter{f}, of("a")), "operator %d %q", c.operator, c.values)
		require.Equal(s.t, c.want, s.passing(named, order, nil, of("a", f)), "operator %d %q of a matcher", c.operator, c.values)
	}
}

func operatorsOnDevelopers(s *story) {
	named, order := map[uuid.UUID]string{}, append([]string{"nobody"}, strings.Fields(allForms)...)
	named[s.did("", "a", "01 12:00", `{"p":5}`)] = "nobody"
	for _, form := range propertyForms {
		named[s.did(form[0], "a", "01 12:00", `{"p":5}`)] = form[0]
		s.is(form[0], `{"p":"old"}`)
		s.is(form[0], form[1])
	}
	for _, c := range operatorCases {
		want := c.want
		if c.operator.Negative() { // nobody has no key at all
			want = "nobody " + want
		}
		f := s.where("developer.p", c.operator, c.values...)
		require.Equal(s.t, want, s.passing(named, order, []insight.PropertyFilter{f}, of("a")), "operator %d %q", c.operator, c.values)
	}
}

func patterns(s *story) {
	named := map[uuid.UUID]string{}
	var order []string
	for _, text := range []string{`ab`, `AB`, `a\nb`, `a b`, `a.b`, `caf\u00e9`, `12`, `x_1`, ``} {
		named[s.did("ada", "a", "01 12:00", `{"p":"`+text+`"}`)] = strings.NewReplacer(" ", "_", `\n`, "/").Replace(text)
		order = append(order, strings.NewReplacer(" ", "_", `\n`, "/").Replace(text))
	}
	for pattern, want := range map[string]string{
		`a.b`: "a_b a.b", `(?s)a.b`: "a/b a_b a.b", `(?i)ab`: "ab AB", `a$`: "", `(?m)a$`: "a/b", `\d`: "12 x_1", `^\w+$`: `ab AB 12 x_1`, `\bb\b`: "a/b a_b a.b",
		`[[:upper:]]`: "AB", `\pL$`: `ab AB a/b a_b a.b caf\u00e9`, `\x{e9}`: `caf\u00e9`, `a\.b`: "a.b", `^$`: "", `^(ab|12)$`: "ab 12", `\Qa.b\E`: "a.b", `a\sb`: "a/b a_b",
		`[]a]b`: "ab", `[^]x]b`: "ab a/b a_b a.b", `^\p{Letter}+$`: `ab AB caf\u00e9`, `\p{uppercase letter}.`: "AB", `^\P{ASCII}|[^\p{Assigned}]|\p{Latin}{4}$`: `caf\u00e9`,
		`\p{LC}.b`: "a_b a.b",
	} {
		f := s.where("p", insight.Regex, pattern)
		if pattern == `^$` {
			want = ""
		}
		require.Equal(s.t, want, strings.TrimSpace(s.passing(named, order, []insight.PropertyFilter{f}, of("a"))), pattern)
	}
}

func backslashes(s *story) {
	named := map[uuid.UUID]string{}
	forms := []string{`{"p":"C:\\"}`, `{"a":"x\\","p":"C:\\","q":"y"}`, `{"a":[1],"p":"C:\\"}`, `{"a":12345678901234567890123,"p":"C:\\","q":"\\u005c"}`, `{"p":["C:\\","\\u005c"],"q":1}`, `{"p\\":["C:\\"]}`}
	for _, form := range forms {
		named[s.did("ada", "a", "01 12:00", form)] = form
	}
	for _, c := range []struct {
		key, value string
		want       []string
	}{{"p", `C:\`, forms[:4]}, {"p", `["C:\\","\\u005c"]`, forms[4:5]}, {`p\`, `["C:\\"]`, forms[5:]}} {
		f := s.where(c.key, insight.Exact, c.value)
		require.Equal(s.t, strings.Join(c.want, " "), s.passing(named, forms, []insight.PropertyFilter{f}, of("a")), c.value)
	}
}

func valueForms(s *story) {
	named := map[uuid.UUID]string{}
	forms := []string{`2`, `2.0`, `"2"`, `"2.0"`, `1.5`, `"1.50"`, `12345678901234567890`, `1e21`, `true`, `"true"`, `"\u0032"`, `[1, 2.0]`, `" 2"`, `"2x"`, `"0x2"`, `"1e999"`}
	for _, form := range forms {
		named[s.did("ada", "a", "01 12:00", `{"p":`+form+`}`)] = form
	}
	for _, c := range []operatorCase{
		{insight.Exact, []string{"2"}, `2 2.0 "2" "\u0032"`},
		{insight.Exact, []string{"1.5"}, `1.5`},
		{insight.Exact, []string{"12345678901234567890"}, `12345678901234567890`},
		{insight.Exact, []string{"1e+21"}, `1e21`},
		{insight.Exact, []string{"true"}, `true "true"`},
		{insight.Exact, []string{"[1,2]"}, `[1, 2.0]`},
		{insight.Between, []string{"1", "2"}, `2 2.0 "2" "2.0" 1.5 "1.50" "\u0032"`},
		{insight.Greater, []string{"1e15"}, `12345678901234567890 1e21`},
	} {
		f := s.where("p", c.operator, c.values...)
		require.Equal(s.t, c.want, s.passing(named, forms, []insight.PropertyFilter{f}, of("a")), "%q", c.values)
	}
}

func actions(s *story) {
	s.did("ada", "page.viewed", "01 10:00", `{"url":"https://x/docs/left-pad","n":1}`)
	s.did("ada", "page.viewed", "01 11:00", `{"url":"https://x/docs/left-pad-2","n":2}`)
	s.did("ada", "link.clicked", "01 12:00", `{"url":"https://x/docs/left-pad"}`)
	action := insight.Matcher{
		{Name: "page.viewed", Properties: []insight.PropertyFilter{s.where("url", insight.Contains, "docs/left-pad")}},
		{Name: "page.viewed", Properties: []insight.PropertyFilter{s.where("url", insight.Regex, "2$")}},
		{Properties: []insight.PropertyFilter{s.where("n", insight.Exact, "1")}},
	}
	s.says(s.trends(insight.TrendsRequest{Period: during("01", "01"), Series: []insight.Series{
		{Matcher: action, Math: insight.Total},
		{Matcher: action.With([]insight.PropertyFilter{s.where("n", insight.Greater, "1")}), Math: insight.Total},
		{Matcher: insight.Matcher{}, Math: insight.Total},
	}}), "0 all: 2 = 2", "1 all: 1 = 1", "2 all: 0 = 0")
}
