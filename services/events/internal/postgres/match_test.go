package postgres

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/storetest"
)

// hardValues are JSON values that an engine may read in ways of its own.
var hardValues = []string{
	`"a\u0000b"`, `"\u0000"`, `"\u0001"`, `"\u0002"`, `"\u0001\u0002\u0002"`, `"\u0000\u0000\u0003"`, `"\\u0000"`, `"\\\u0000"`, `"\\\\u0001"`, `"\u0004"`,
	`{"a":"\u0000","b":"\\u0001\u0002"}`, `["\u0003"]`, `"{\"a\":1}"`, `{"a":1}`,
	`1e21`, `-0`, `0`, `12345678901234567890123`, `0.1`, `1e-7`, `5e-324`, `1.7976931348623157e308`,
	`"1.7976931348623158e308"`, `"1.7976931348623159e308"`, `"1e309"`, `"-1e309"`, `"1e-400"`, `"0e999"`, `"0.0e-99999999999"`, `"1e-99999999999"`, `"1e99999999999"`,
	`"1e+0000000000000000005"`, `"-1e-0000000000000000400"`, `"` + strings.Repeat("9", 400) + `e-399"`, `"` + strings.Repeat("9", 400) + `"`,
	`"0.` + strings.Repeat("0", 400) + `1"`, `"0.` + strings.Repeat("0", 400) + `1e401"`, `"."`, `"+.5e1"`, `"5.e0"`, `"1e"`, `"--1"`, `"1 "`, `"١"`, `"1\n"`,
	`"2026-05-01T10:00:00Z"`, `"2026-05-01T09:59:59.9999999Z"`, `"2026-05-01T10:00:00.000000999Z"`, `"2026-05-02T10:00:00+24:00"`, `"2026-05-01T10:59:00+00:60"`,
	`"2026-05-01T10:00:60Z"`, `"2026-05-01T24:00:00Z"`, `"2026-02-29T00:00:00Z"`, `"2024-02-29T00:00:00-00:00"`, `"0000-02-29T00:00:00Z"`, `"0000-01-01T00:00:00+24:60"`,
	`"9999-12-31T23:59:59.999999999-23:59"`, `"2026-05-01t10:00:00Z"`, `"2026-05-01T10:00:00,5Z"`, `"2026-05-01T10:00:00+25:00"`, `"2026-13-01T10:00:00Z"`,
	`true`, `null`, `""`, `"'; DROP TABLE events; --"`, `"@p1"`, `"$1"`, `"É"`, `"\ue000"`, `"\ud83d\ude00"`,
}

// TestPropertiesAreReadAsInGo asks, of each hard value and operator, whether the engine agrees with the rule in Go.
func TestPropertiesAreReadAsInGo(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	org, at := storetest.ID("hard values"), time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	batch := make([]events.Event, len(hardValues))
	for i, v := range hardValues {
		e, err := events.Event{
			ID: storetest.ID(strconv.Itoa(i)), Name: "a", OccurredAt: at, Actor: events.Identity{Kind: 1, Value: "i"},
			Source: events.Source{Kind: events.SourceSDK, Machine: fmt.Sprintf("m%03d", i)}, Properties: `{"a":"\u0001","p":` + v + `,"z":[]}`,
		}.Canonical(at)
		require.NoError(t, err)
		batch[i] = e
	}
	_, err := s.Append(t.Context(), org, batch)
	require.NoError(t, err)

	filters := []insight.PropertyFilter{
		{Operator: insight.IsSet},
		{Operator: insight.Regex, Values: []string{`\x00|^.$`}},
		{Operator: insight.NotRegex, Values: []string{`(?i)é|[0-9]`}},
		{Operator: insight.Greater, Low: 0},
		{Operator: insight.LessOrEqual, Low: 0},
		{Operator: insight.Less, Low: -1e-300},
		{Operator: insight.GreaterOrEqual, Low: 1.7976931348623157e308},
		{Operator: insight.Between, Low: 5, High: 50},
		{Operator: insight.NotBetween, Low: 0, High: 1},
	}
	for _, v := range hardValues {
		if text, ok := insight.ParseProperties(`{"p":` + v + `}`).Text("p"); ok {
			filters = append(filters, insight.PropertyFilter{Operator: insight.Exact, Values: []string{text}}, insight.PropertyFilter{Operator: insight.IsNot, Values: []string{text, "0"}})
			if text != "" {
				filters = append(filters, insight.PropertyFilter{Operator: insight.Contains, Values: []string{strings.ToUpper(text)}}, insight.PropertyFilter{Operator: insight.NotContains, Values: []string{text}})
			}
			if moment, ok := insight.ParseTime(text); ok {
				filters = append(filters, insight.PropertyFilter{Operator: insight.DateBefore, At: moment}, insight.PropertyFilter{Operator: insight.DateAfter, At: moment})
			}
		}
	}
	for _, f := range filters {
		f.Scope, f.Key = insight.EventScope, "p"
		if f.Operator == insight.Regex || f.Operator == insight.NotRegex {
			f.Pattern = regexp.MustCompile(f.Values[0])
		}
		var want []string
		for _, e := range batch {
			if f.Match(insight.ParseProperties(e.Properties)) {
				want = append(want, e.Source.Machine+" "+e.Properties)
			}
		}
		require.Equal(t, want, matched(t, s, org, f, batch), "%+v", f)
	}
}

// matched returns the events that a filter keeps, by their machines.
func matched(t *testing.T, s insight.Engine, org uuid.UUID, f insight.PropertyFilter, batch []events.Event) []string {
	t.Helper()
	var list []string
	q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, Properties: []insight.PropertyFilter{f}, By: insight.Machines}, All: true}
	require.NoError(t, s.Sequences(t.Context(), org, q, func(sequence insight.Sequence) error {
		place, err := strconv.Atoi(sequence.Actor[1:])
		list = append(list, sequence.Actor+" "+batch[place].Properties)
		return err
	}), "%+v", f)
	return list
}

// TestBreakdownsKeepEveryText breaks down by the hard values: each text form comes back as it is, in the order of bytes.
func TestBreakdownsKeepEveryText(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	org, at := storetest.ID("texts"), time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	var batch []events.Event
	want := map[string]float64{}
	for i, v := range hardValues {
		e, err := events.Event{ID: storetest.ID(strconv.Itoa(i)), Name: "a", OccurredAt: at, Source: events.Source{Kind: events.SourceSDK}, Properties: `{"p":` + v + `}`}.Canonical(at)
		require.NoError(t, err)
		batch = append(batch, e)
		want[insight.NewKey(insight.ParseProperties(e.Properties).Part("p")).Identity()]++
	}
	_, err := s.Append(t.Context(), org, batch)
	require.NoError(t, err)
	q := insight.TrendsQuery{
		Question:  insight.Question{Range: events.AllTime, By: insight.Machines},
		Series:    []insight.Series{{Matcher: insight.Matcher{{Name: "a"}}, Math: insight.Total}},
		Breakdown: &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"p"}, Limit: 1000},
	}
	all, err := s.TrendTotals(t.Context(), org, q, 0)
	require.NoError(t, err)
	got := map[string]float64{}
	for _, total := range all[0] {
		got[total.Key.Identity()] = total.Total
		q.Series[0].Keys = append(q.Series[0].Keys, total.Key)
	}
	require.Equal(t, want, got)
	for limit := range len(all[0]) {
		some, err := s.TrendTotals(t.Context(), org, q, limit+1)
		require.NoError(t, err)
		require.Equal(t, all[0][:limit+1], some[0], "the order of ties is that of bytes")
	}
	rows, err := s.TrendRows(t.Context(), org, q)
	require.NoError(t, err)
	require.Len(t, rows, len(want), "nothing is other")
	for i, row := range rows {
		require.InDelta(t, all[0][i].Total, row.Total, 0)
	}
}

// TestSumsDoNotOverflow asks for sums that no number can hold.
func TestSumsDoNotOverflow(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	at := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		values            []string
		sum, mean, middle string
	}{
		"beyond":  {[]string{"1.7e308", "1.7e308"}, "+Inf", "+Inf", "1.7e+308"},
		"back":    {[]string{"1e308", "1e308", "-1e308", "-1e308"}, "0", "0", "+Inf"}, // the two in the middle are too far apart
		"squares": {[]string{"1e200", "-1e200", "3"}, "3", "1", "3"},
		"tiny":    {[]string{"5e-324", "5e-324"}, "1e-323", "5e-324", "5e-324"},
		"none":    {[]string{"true"}, "0", "0", "0"},
	} {
		var batch []events.Event
		for i, v := range c.values {
			e, err := events.Event{ID: storetest.ID(strconv.Itoa(i)), Name: "a", OccurredAt: at, Source: events.Source{Kind: events.SourceSDK}, Properties: `{"n":` + v + `}`}.Canonical(at)
			require.NoError(t, err)
			batch = append(batch, e)
		}
		org := storetest.ID(name)
		_, err := s.Append(t.Context(), org, batch)
		require.NoError(t, err)
		q := insight.TrendsQuery{Question: insight.Question{Range: events.AllTime}}
		for _, m := range []insight.Math{insight.Sum, insight.Average, insight.Median} {
			q.Series = append(q.Series, insight.Series{Matcher: insight.Matcher{{Name: "a"}}, Math: m, Property: "n"})
		}
		rows, err := s.TrendRows(t.Context(), org, q)
		require.NoError(t, err, name)
		for i, want := range []string{c.sum, c.mean, c.middle} {
			require.Equal(t, want, strconv.FormatFloat(rows[i].Total, 'g', -1, 64), "%s, math %d", name, i)
		}
	}
}
