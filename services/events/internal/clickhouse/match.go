package clickhouse

import (
	"regexp/syntax"
	"slices"
	"strings"

	"devtrail.dev/services/events/insight"
)

// condition is a piece of condition.sql.
type condition struct {
	Op    string // a name of condition.sql
	Not   bool
	N     int    // of the property
	A, B  string // parameters; of "performed" B is the comparison
	All   []*condition
	Parts []*property // of "key"

	Properties levels     // of "developer"
	Inner      *condition // of "developer"
	Member     *membership
	Source     *source // of "performed"
}

// owned tells whether the condition depends on whose an event is.
func (c *condition) owned() bool {
	return c.Op == "developer" || c.Op == "member" || c.Op == "performed" || slices.ContainsFunc(c.All, (*condition).owned)
}

// membership tells whether a developer is in a cohort.
type membership struct {
	Static  bool
	Members string
	Groups  *condition
}

// operators are the pieces of condition.sql for what the operator or its opposite asks.
var operators = map[insight.Operator]string{
	insight.Exact: "exact", insight.IsNot: "exact",
	insight.Contains: "contains", insight.NotContains: "contains",
	insight.Regex: "regex", insight.NotRegex: "regex",
	insight.Greater: "greater", insight.GreaterOrEqual: "greater_or_equal",
	insight.Less: "less", insight.LessOrEqual: "less_or_equal",
	insight.Between: "between", insight.NotBetween: "between",
	insight.IsSet: "set", insight.IsNotSet: "set",
	insight.DateBefore: "before", insight.DateAfter: "after",
}

// comparisons are how numbers of events are compared.
var comparisons = map[insight.CountOperator]string{insight.AtLeast: ">=", insight.AtMost: "<=", insight.Exactly: "="}

// conditions are filters as conditions on the events of the source.
func (src *source) conditions(filters []insight.PropertyFilter) []*condition {
	list := make([]*condition, len(filters))
	for i := range filters {
		list[i] = src.condition(&filters[i])
	}
	return list
}

func (src *source) condition(f *insight.PropertyFilter) *condition {
	switch f.Scope {
	case insight.CohortScope:
		return &condition{Op: "member", Not: f.Operator == insight.NotIn, Member: src.st.member(f.Cohort)}
	case insight.DeveloperScope:
		return src.st.developerCondition(f)
	}
	c := src.st.compare(f, src.property(f.Key))
	c.Not = f.Operator.Negative()
	return c
}

// compare is what the operator or its opposite asks of a property. The result says nothing of which of the two it is.
func (st *statement) compare(f *insight.PropertyFilter, p *property) *condition {
	c := &condition{Op: operators[f.Operator], N: p.N}
	switch f.Operator {
	case insight.Exact, insight.IsNot:
		c.A = st.texts(f.Values)
	case insight.Contains, insight.NotContains:
		c.A = st.text(f.Values[0])
	case insight.Regex, insight.NotRegex:
		c.A = st.text(pattern(f.Values[0]))
	case insight.Greater, insight.GreaterOrEqual, insight.Less, insight.LessOrEqual:
		p.number(st)
		c.A = st.float(f.Low)
	case insight.Between, insight.NotBetween:
		p.number(st)
		c.A, c.B = st.float(f.Low), st.float(f.High)
	case insight.DateBefore, insight.DateAfter:
		p.time(st)
		c.A = st.micros(f.At)
	case insight.IsSet, insight.IsNotSet, insight.In, insight.NotIn: // nothing to compare with
	}
	return c
}

// pattern is one of Go as the server reads it the same.
func pattern(text string) string {
	if strings.Contains(text, `\p`) || strings.Contains(text, `\P`) {
		// The server knows fewer names of classes of characters, such as no Letter, and what is in a class is that of another Unicode: Go writes out what it means.
		if parsed, err := syntax.Parse(text, syntax.Perl); err == nil {
			text = parsed.String()
		}
	}
	before := "(?-s)" // the server's . matches a line break, Go's does not
	if strings.Contains(text, "[]") || strings.Contains(text, "[^]") {
		// Before it runs a pattern the server looks for a text that must be there. It takes the ] that a class may begin with for the end of the class, and the
		// class's other characters for such a text. With an alternative it looks for none, and this one matches nothing.
		before += `[^\x00-\x{10FFFF}]|`
	}
	return before + text
}

// developerCondition asks whether the developer is among those whose properties compare well; a negative one, whether it is not among
// those that compare well with the opposite: who has no properties is among neither.
func (st *statement) developerCondition(f *insight.PropertyFilter) *condition {
	p := st.property("developer_properties", f.Key)
	return &condition{Op: "developer", Not: f.Operator.Negative(), Properties: levels{p}, Inner: st.compare(f, p)}
}

func (st *statement) member(c *insight.Cohort) *membership {
	m := &membership{Static: c.Static}
	if c.Static {
		m.Members = st.ids(c.Members)
		return m
	}
	m.Groups = &condition{Op: "any"}
	for _, g := range c.AnyOf {
		m.Groups.All = append(m.Groups.All, st.group(g))
	}
	return m
}

func (st *statement) group(g insight.Group) *condition {
	all := &condition{Op: "all"}
	for i := range g.Properties {
		f := &g.Properties[i]
		switch f.Scope {
		case insight.CohortScope:
			all.All = append(all.All, &condition{Op: "member", Not: f.Operator == insight.NotIn, Member: st.member(f.Cohort)})
		case insight.DeveloperScope:
			all.All = append(all.All, st.developerCondition(f))
		case insight.EventScope: // a developer has no event's properties
			all.All = append(all.All, &condition{Op: "any", Not: f.Operator.Negative()})
		}
	}
	for _, p := range g.Performed {
		all.All = append(all.All, &condition{
			Op: "performed", Source: st.bare(p.Range).only(p.Matcher), A: st.integer(p.Value), B: comparisons[p.Count],
		})
	}
	return all
}
