package storetest

import (
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// The values that random filters compare with.
var (
	someTexts    = []string{"a", "A", "b", "", "true", "10", "10.5", "-3", "é", "É", "x\ny", `a%b_c\d'e`, `{"b": [1, 2], "a": null}`, `[1,"a"]`, "{", "12345678901234567890", "1e+21"}
	somePatterns = []string{
		"a", "^a$", "(?i)a", ".", "x.y", "(?s)x.y", "^$", `\d+`, "[[:alpha:]]", `\ba\b`, "(?m)^y$", "x$", `\s`, "[^a]", `\pL`, "(a|b)+", `\w`, `\x{e9}`, "(?i)é", "(?U)a+?", `\z`,
		`\Aa`, `[\d.]+$`, `%`, `\\`, `'`, "a{2,3}|0", "(?-s).", "(?P<x>a)b*", `\Q.\E`, "x|", `[^\n]y`, `\B`, `\D`, `[]a]`, `(?i)[^]b]`,
	}
	someCuts  = []string{"0", "5", "10", "10.5", "-3", "1e1", "12345678901234567890"}
	someDates = []string{"2026-05-01T10:00:00Z", "2026-05-01T12:00:00.123456Z", "2026-05-01", "-7d", "mStart"}
)

// filters are some random filters, most often none.
func (d *duel) filters() []insight.PropertyFilter {
	d.t.Helper()
	if !d.odds(4) {
		return nil
	}
	var filters []insight.PropertyFilter
	for range pick(d.Rand, 1, 1, 2) {
		filters = append(filters, d.filter(3))
	}
	return filters
}

// filter is one; depth is how many cohorts may refer to each other.
func (d *duel) filter(depth int) insight.PropertyFilter {
	d.t.Helper()
	if depth > 0 && d.odds(4) {
		f, err := insight.NewCohortFilter("filter", pick(d.Rand, insight.In, insight.NotIn), d.cohort(depth-1))
		require.NoError(d.t, err)
		return f
	}
	return d.propertyFilter(pick(d.Rand, insight.EventScope, insight.EventScope, insight.DeveloperScope))
}

func (d *duel) propertyFilter(scope insight.Scope) insight.PropertyFilter {
	d.t.Helper()
	for {
		operator := insight.Operator(1 + d.IntN(int(insight.DateAfter)))
		f, err := insight.NewPropertyFilter("filter", scope, pick(d.Rand, append(eventKeys, "none")...), operator, d.values(operator), d.clock(), time.UTC)
		if err == nil { // a search for the empty text, or a least value above the greatest, is refused
			return f
		}
	}
}

func (d *duel) values(operator insight.Operator) []string {
	switch operator {
	case insight.Regex, insight.NotRegex:
		return []string{pick(d.Rand, somePatterns...)}
	case insight.Greater, insight.GreaterOrEqual, insight.Less, insight.LessOrEqual:
		return []string{pick(d.Rand, someCuts...)}
	case insight.Between, insight.NotBetween:
		return []string{pick(d.Rand, someCuts...), pick(d.Rand, someCuts...)}
	case insight.DateBefore, insight.DateAfter:
		return []string{pick(d.Rand, someDates...)}
	case insight.Contains, insight.NotContains:
		return []string{pick(d.Rand, someTexts...)}
	}
	return append([]string{pick(d.Rand, someTexts...)}, some(d.Rand, someTexts...)...)
}

// cohort is a random cohort, static or not.
func (d *duel) cohort(depth int) *insight.Cohort {
	d.t.Helper()
	c := &insight.Cohort{ID: ID(strconv.FormatUint(d.Uint64(), 16))}
	if c.Static = d.odds(2); c.Static {
		for range d.IntN(3) {
			c.Members = append(c.Members, ID(pick(d.Rand, somePeople...)))
		}
		return c
	}
	for range d.IntN(3) {
		var g insight.Group
		if d.odds(2) {
			g.Properties = append(g.Properties, d.propertyFilter(insight.DeveloperScope))
		}
		if depth > 0 && d.odds(3) {
			f, err := insight.NewCohortFilter("filter", pick(d.Rand, insight.In, insight.NotIn), d.cohort(depth-1))
			require.NoError(d.t, err)
			g.Properties = append(g.Properties, f)
		}
		if len(g.Properties) == 0 || d.odds(2) {
			g.Performed = append(g.Performed, insight.Performed{
				Matcher: d.matcher(), Range: d.within(), Count: insight.CountOperator(1 + d.IntN(3)), Value: int64(1 + d.IntN(3)),
			})
		}
		c.AnyOf = append(c.AnyOf, g)
	}
	return c
}

// matcher is an event's name or an action, now and then without steps.
func (d *duel) matcher() insight.Matcher {
	d.t.Helper()
	var m insight.Matcher
	n := 1
	if d.odds(5) {
		n = d.IntN(4)
	}
	for range n {
		a := insight.Alternative{Name: pick(d.Rand, eventNames...)}
		switch d.IntN(12) {
		case 0:
			a.Name = "none"
		case 1, 2:
			a.Name = ""
		}
		if d.odds(8) {
			a.Properties = append(a.Properties, d.propertyFilter(insight.EventScope))
		}
		m = append(m, a)
	}
	if m == nil {
		return insight.Matcher{}
	}
	return m
}

func (d *duel) matchers(n int) []insight.Matcher {
	list := make([]insight.Matcher, n)
	for i := range list {
		list[i] = d.matcher()
	}
	return list
}

func (d *duel) within() events.Range {
	a, b := d.instant(), d.instant()
	if d.odds(3) || a.Equal(b) {
		return events.AllTime
	}
	if b.Before(a) {
		a, b = b, a
	}
	return events.Range{Start: a, End: b}
}

// audience is whose events a question is about.
func (d *duel) audience() insight.Audience {
	a := insight.Audience{Properties: d.filters(), By: pick(d.Rand, insight.Developers, insight.Developers, insight.Developers, insight.Machines, insight.Projects, insight.Packages)}
	if d.odds(6) {
		a.Filter.Names = some(d.Rand, eventNames...)
		a.Filter.Machines = some(d.Rand, "m1", "m2")
		a.Filter.DeveloperIDs = some(d.Rand, ID("ada"), ID("bo"), uuid.Nil)
		if d.odds(2) {
			p, err := events.ParsePackage("packages", pick(d.Rand, somePurls...))
			require.NoError(d.t, err)
			a.Filter.Packages = []events.PackageVersion{p}
		}
	}
	return a
}

// period is a random period with a few hundred buckets at most.
func (d *duel) period() insight.Period {
	p := insight.Period{
		Interval: pick(d.Rand, events.Day, events.Day, events.Day, events.Week, events.Month, events.Hour, events.Minute), Zone: d.zone(),
		FirstDay: pick(d.Rand, time.Sunday, time.Monday),
	}
	switch p.Interval {
	case events.Minute:
		p.From = pick(d.Rand, "-1h", "-3h")
	case events.Hour:
		p.From = pick(d.Rand, "-6h", "dStart", "-3d")
	default:
		p.From = pick(d.Rand, "-7d", "-1mStart", "-40d", "-40d", "-4m", "all", "")
	}
	if d.odds(5) && p.Interval != events.Minute {
		start := d.instant()
		end := start.Add(1 + time.Duration(d.Int64N(int64(9*24*time.Hour))))
		p.From, p.Start, p.End = "", &start, &end
	}
	return p
}

func (d *duel) zone() *time.Location {
	d.t.Helper()
	zone, err := events.Zone(pick(d.Rand, "", "", "Europe/Berlin", "America/New_York", "Asia/Kolkata"))
	require.NoError(d.t, err)
	return zone
}
