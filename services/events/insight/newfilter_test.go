package insight_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/insight"
)

// refused demands a fault of kind Invalid for a field.
func refused(t *testing.T, err error, field string, args ...any) {
	t.Helper()
	require.ErrorIs(t, err, fault.Invalid, args...)
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	require.Equal(t, field, f.FieldPath(), args...)
}

func TestNewPropertyFilterRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scope    insight.Scope
		key      string
		operator insight.Operator
		values   []string
		field    string
	}{
		"no scope":                  {0, "p", insight.Exact, []string{"a"}, "f.scope"},
		"a cohort's scope":          {insight.CohortScope, "p", insight.Exact, []string{"a"}, "f.scope"},
		"no key":                    {insight.EventScope, "", insight.Exact, []string{"a"}, "f.key"},
		"a key with a NUL":          {insight.EventScope, "a\x00", insight.Exact, []string{"a"}, "f.key"},
		"no operator":               {insight.EventScope, "p", 0, []string{"a"}, "f.operator"},
		"a cohort's operator":       {insight.EventScope, "p", insight.In, []string{"a"}, "f.operator"},
		"an unknown operator":       {insight.EventScope, "p", 99, []string{"a"}, "f.operator"},
		"no value":                  {insight.EventScope, "p", insight.IsNot, nil, "f.values"},
		"two values of one":         {insight.EventScope, "p", insight.Contains, []string{"a", "b"}, "f.values"},
		"one value of two":          {insight.EventScope, "p", insight.Between, []string{"1"}, "f.values"},
		"too many values":           {insight.EventScope, "p", insight.Exact, make([]string, insight.MaxValues+1), "f.values"},
		"an empty search":           {insight.EventScope, "p", insight.NotContains, []string{""}, "f.values[0]"},
		"a long value":              {insight.EventScope, "p", insight.Exact, []string{strings.Repeat("a", insight.MaxValueLength+1)}, "f.values[0]"},
		"no number":                 {insight.DeveloperScope, "p", insight.Greater, []string{"five"}, "f.values[0]"},
		"no number at the end":      {insight.EventScope, "p", insight.NotBetween, []string{"1", "x"}, "f.values[1]"},
		"the least above the most":  {insight.EventScope, "p", insight.Between, []string{"2", "1"}, "f.values"},
		"a number without end":      {insight.EventScope, "p", insight.Less, []string{"1e999"}, "f.values[0]"},
		"no pattern":                {insight.EventScope, "p", insight.Regex, []string{"?*"}, "f.values[0]"},
		"no pattern, negated":       {insight.EventScope, "p", insight.NotRegex, []string{"a(?=b)"}, "f.values[0]"},
		"a pattern that is too big": {insight.EventScope, "p", insight.Regex, []string{"(a{1000}){1000}"}, "f.values[0]"},
		"no date":                   {insight.EventScope, "p", insight.DateBefore, []string{"tomorrow"}, "f.values[0]"},
	} {
		_, err := insight.NewPropertyFilter("f", c.scope, c.key, c.operator, c.values, time.Time{}, time.UTC)
		refused(t, err, c.field, name)
	}
	_, err := insight.NewCohortFilter("f", insight.Exact, &insight.Cohort{})
	refused(t, err, "f.operator")
	_, err = insight.NewCohortFilter("f", insight.In, nil)
	refused(t, err, "f.cohort")
	_, err = insight.NewMatcher("series[0]", "", nil)
	refused(t, err, "series[0].event_name")
}

func TestDateFiltersKeepWholeMicroseconds(t *testing.T) {
	t.Parallel()
	finer := []string{"2026-05-01T12:00:00.0000005Z"}
	before, err := insight.NewPropertyFilter("f", insight.EventScope, "p", insight.DateBefore, finer, time.Time{}, time.UTC)
	require.NoError(t, err)
	after, err := insight.NewPropertyFilter("f", insight.EventScope, "p", insight.DateAfter, finer, time.Time{}, time.UTC)
	require.NoError(t, err)
	for text, want := range map[string][2]bool{"2026-05-01T12:00:00Z": {true, false}, "2026-05-01T12:00:00.000001Z": {false, true}} {
		p := insight.ParseProperties(`{"p":"` + text + `"}`)
		require.Equal(t, want, [2]bool{before.Match(p), after.Match(p)}, text)
	}
}

func TestADateFarOutStaysOnItsSide(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 8, 10, 0, 0, 0, time.UTC)
	for _, text := range []string{"-999999y", "-999999yStart", "-999999m", "-300000y"} {
		for _, operator := range []insight.Operator{insight.DateBefore, insight.DateAfter} {
			f, err := insight.NewPropertyFilter("f", insight.EventScope, "p", operator, []string{text}, now, time.UTC)
			require.NoError(t, err, text)
			require.Equal(t, operator == insight.DateAfter, f.Match(insight.ParseProperties(`{"p":"0000-01-01T00:00:00+24:00"}`)), "%s is %s", text, f.At)
		}
	}
}
