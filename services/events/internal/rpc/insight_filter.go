package rpc

import (
	"fmt"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events/insight"
)

func (a *asking) properties(field string, list []*eventsv1.PropertyFilter, depth int) ([]insight.PropertyFilter, error) {
	var filters []insight.PropertyFilter
	for i, f := range list {
		made, err := a.property(fmt.Sprintf("%s[%d]", field, i), f, depth)
		if err != nil {
			return nil, err
		}
		filters = append(filters, made)
	}
	return filters, nil
}

func (a *asking) property(field string, f *eventsv1.PropertyFilter, depth int) (insight.PropertyFilter, error) {
	scope, operator := insight.Scope(f.GetScope()), insight.Operator(f.GetOperator())
	if scope == 0 {
		scope = insight.EventScope
	}
	if scope != insight.CohortScope {
		if f.GetCohort() != nil || f.GetCohortId() != "" {
			return insight.PropertyFilter{}, insight.ErrFilterInvalid.With("only a filter of scope cohort has a cohort").Field(field + ".cohort")
		}
		if operator == 0 {
			operator = insight.Exact
		}
		return insight.NewPropertyFilter(field, scope, f.GetKey(), operator, f.GetValues(), a.now, a.zone)
	}
	switch {
	case f.GetKey() != "":
		return insight.PropertyFilter{}, insight.ErrFilterInvalid.With("a filter of scope cohort has no key").Field(field + ".key")
	case len(f.GetValues()) > 0:
		return insight.PropertyFilter{}, insight.ErrFilterInvalid.With("a filter of scope cohort has no values").Field(field + ".values")
	case operator == 0:
		operator = insight.In
	}
	cohort, err := a.named(field, f, depth+1)
	if err != nil {
		return insight.PropertyFilter{}, err
	}
	return insight.NewCohortFilter(field, operator, cohort)
}

// matching is a message that says which events are meant.
type matching interface {
	GetEventName() string
	GetAction() *eventsv1.InlineAction
	GetActionId() string
	GetProperties() []*eventsv1.PropertyFilter
}

func (a *asking) matcher(field string, m matching, depth int) (insight.Matcher, error) {
	filters, err := a.properties(field+".properties", m.GetProperties(), depth)
	if err != nil {
		return nil, err
	}
	switch {
	case m.GetActionId() != "":
		action, err := a.savedAction(field+".action_id", m.GetActionId())
		if err != nil {
			return nil, err
		}
		matcher, err := a.action(field+".action_id", action, depth)
		return matcher.With(filters), err
	case m.GetAction() != nil:
		matcher, err := a.action(field+".action", m.GetAction(), depth)
		return matcher.With(filters), err
	}
	return insight.NewMatcher(field, m.GetEventName(), filters)
}

func (a *asking) action(field string, action *eventsv1.InlineAction, depth int) (insight.Matcher, error) {
	matcher := insight.Matcher{}
	for i, step := range action.GetSteps() {
		at := fmt.Sprintf("%s.steps[%d]", field, i)
		if err := checkValue(at+".event_name", step.GetEventName()); err != nil {
			return nil, err
		}
		own, err := a.properties(at+".properties", step.GetProperties(), depth)
		if err != nil {
			return nil, err
		}
		matcher = append(matcher, insight.Alternative{Name: step.GetEventName(), Properties: own})
	}
	return matcher, nil
}

func (a *asking) matchers(field string, list []*eventsv1.EventMatcher) ([]insight.Matcher, error) {
	var matchers []insight.Matcher
	for i, m := range list {
		made, err := a.matcher(fmt.Sprintf("%s[%d]", field, i), m, 0)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, made)
	}
	return matchers, nil
}

// breakdown reads what an answer is split by; nil is nothing.
func (a *asking) breakdown(b *eventsv1.Breakdown) (*insight.Breakdown, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no breakdown is a breakdown, too
	}
	made := &insight.Breakdown{Scope: insight.Scope(b.GetKind()), Properties: b.GetProperties(), Limit: int(b.GetLimit())}
	switch byCohort := made.Scope == insight.CohortScope; {
	case byCohort && len(made.Properties) > 0:
		return nil, insight.ErrBreakdownInvalid.With("a breakdown by cohorts has no properties").Field("breakdown.properties")
	case byCohort && made.Limit != 0:
		return nil, insight.ErrBreakdownInvalid.With("a breakdown by cohorts has no limit").Field("breakdown.limit")
	case !byCohort && len(b.GetCohorts()) > 0:
		return nil, insight.ErrBreakdownInvalid.With("a breakdown by properties has no cohorts").Field("breakdown.cohorts")
	case len(b.GetCohorts()) > insight.MaxCohorts:
		return nil, insight.ErrLimitInvalid.With("the breakdown has %d cohorts, at most %d are taken", len(b.GetCohorts()), insight.MaxCohorts).Field("breakdown.cohorts")
	}
	for i, c := range b.GetCohorts() {
		cohort, err := a.named(fmt.Sprintf("breakdown.cohorts[%d]", i), c, 1) // nil is everybody
		if err != nil {
			return nil, err
		}
		made.Cohorts = append(made.Cohorts, cohort)
	}
	return made, nil
}

// keyFromProto reads the key of a cell, which must be one that the breakdown can have.
func keyFromProto(k *eventsv1.BreakdownKey, b *insight.Breakdown) (*insight.Key, error) {
	none := insight.ErrCellInvalid.With("the answer has no row of this key").Field("cell.breakdown")
	if k == nil || b == nil {
		if k != nil || b != nil {
			return nil, none
		}
		return nil, nil //nolint:nilnil // the only row of an answer without breakdown
	}
	byCohort := b.Scope == insight.CohortScope
	switch key := k.GetKey().(type) {
	case *eventsv1.BreakdownKey_Cohort:
		if !byCohort || key.Cohort < 0 || int(key.Cohort) >= len(b.Cohorts) {
			return nil, none
		}
		return &insight.Key{Kind: insight.CohortKey, Cohort: int(key.Cohort)}, nil
	case *eventsv1.BreakdownKey_Value:
		parts := key.Value.GetParts()
		if byCohort || len(parts) != len(b.Properties) {
			return nil, none
		}
		made := make([]insight.Part, len(parts))
		for i, p := range parts {
			if err := checkValue("cell.breakdown", p.GetText()); err != nil {
				return nil, err
			}
			made[i] = insight.Part{Text: p.GetText(), Missing: p.Text == nil}
		}
		return new(insight.NewKey(made...)), nil
	case *eventsv1.BreakdownKey_Missing:
		if !byCohort {
			return &insight.Key{Kind: insight.MissingKey}, nil
		}
	case *eventsv1.BreakdownKey_Other:
		if !byCohort {
			return new(insight.Other), nil
		}
	}
	return nil, none
}

func keyToProto(k *insight.Key) *eventsv1.BreakdownKey {
	if k == nil {
		return nil
	}
	switch k.Kind {
	case insight.MissingKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Missing{Missing: &eventsv1.BreakdownMissing{}}}
	case insight.OtherKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Other{Other: &eventsv1.BreakdownOther{}}}
	case insight.CohortKey:
		return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Cohort{Cohort: int32(k.Cohort)}}
	}
	value := &eventsv1.BreakdownValue{}
	for _, p := range k.Parts {
		part := &eventsv1.BreakdownPart{}
		if !p.Missing {
			part.Text = &p.Text
		}
		value.Parts = append(value.Parts, part)
	}
	return &eventsv1.BreakdownKey{Key: &eventsv1.BreakdownKey_Value{Value: value}}
}
