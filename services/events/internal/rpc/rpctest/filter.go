package rpctest

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

func properties(list []insight.PropertyFilter) []*eventsv1.PropertyFilter {
	var filters []*eventsv1.PropertyFilter
	for _, f := range list {
		filters = append(filters, &eventsv1.PropertyFilter{
			Scope: eventsv1.PropertyScope(f.Scope), Key: f.Key, Operator: eventsv1.PropertyOperator(f.Operator), Values: values(f), Cohort: cohort(f.Cohort),
		})
	}
	return filters
}

// values writes what a filter compares with as texts.
func values(f insight.PropertyFilter) []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch f.Operator {
	case insight.Greater, insight.GreaterOrEqual, insight.Less, insight.LessOrEqual:
		return []string{number(f.Low)}
	case insight.Between, insight.NotBetween:
		return []string{number(f.Low), number(f.High)}
	case insight.DateBefore, insight.DateAfter:
		return []string{f.At.Format(time.RFC3339Nano)}
	}
	return f.Values
}

func cohort(c *insight.Cohort) *eventsv1.CohortDefinition {
	if c == nil {
		return nil
	}
	if c.Static {
		static := &eventsv1.StaticCohort{}
		for _, id := range c.Members {
			static.DeveloperIds = append(static.DeveloperIds, id.String())
		}
		return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: static}}
	}
	dynamic := &eventsv1.DynamicCohort{}
	for _, g := range c.AnyOf {
		group := &eventsv1.CohortGroup{Properties: properties(g.Properties)}
		for _, p := range g.Performed {
			made := &eventsv1.PerformedCondition{Event: matcher(p.Matcher), Operator: eventsv1.CountOperator(p.Count), Value: p.Value}
			if p.Range != events.AllTime {
				made.Time = &eventsv1.PerformedCondition_Range{Range: &eventsv1.TimeRange{Start: timestamppb.New(p.Range.Start), End: timestamppb.New(p.Range.End)}}
			}
			group.Performed = append(group.Performed, made)
		}
		dynamic.AnyOf = append(dynamic.AnyOf, group)
	}
	return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{Dynamic: dynamic}}
}

// named tells whether a matcher is an event name with filters; else it is an action.
func named(m insight.Matcher) bool { return len(m) == 1 && m[0].Name != "" }

func action(m insight.Matcher) *eventsv1.InlineAction {
	made := &eventsv1.InlineAction{}
	for _, a := range m {
		made.Steps = append(made.Steps, &eventsv1.ActionStep{EventName: a.Name, Properties: properties(a.Properties)})
	}
	return made
}

func matcher(m insight.Matcher) *eventsv1.EventMatcher {
	if named(m) {
		return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: m[0].Name}, Properties: properties(m[0].Properties)}
	}
	return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_Action{Action: action(m)}}
}

func matchers(list []insight.Matcher) []*eventsv1.EventMatcher {
	var made []*eventsv1.EventMatcher
	for _, m := range list {
		made = append(made, matcher(m))
	}
	return made
}

func breakdown(b *insight.Breakdown) *eventsv1.Breakdown {
	if b == nil {
		return nil
	}
	made := &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind(b.Scope), Properties: b.Properties, Limit: int32(b.Limit)}
	for _, c := range b.Cohorts {
		made.Cohorts = append(made.Cohorts, &eventsv1.BreakdownCohort{Cohort: cohort(c)})
	}
	return made
}

func key(k *insight.Key) *eventsv1.BreakdownKey {
	if k == nil {
		return nil
	}
	switch k.Kind {
	case insight.MissingKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Missing{}}
	case insight.OtherKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Other{}}
	case insight.CohortKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Cohort{Cohort: int32(k.Cohort)}}
	}
	value := &eventsv1.BreakdownValue{}
	for _, p := range k.Parts {
		part := &eventsv1.BreakdownPart{Text: &p.Text}
		if p.Missing {
			part.Text = nil
		}
		value.Parts = append(value.Parts, part)
	}
	return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Value{Value: value}}
}
