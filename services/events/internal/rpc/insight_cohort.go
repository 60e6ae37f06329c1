package rpc

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// deepest is how far cohorts may lie within cohorts.
const deepest = 5

// cohort reads a definition. Its id is made from the definition's content, so that equal ones are told to be equal.
func (a *asking) cohort(field string, c *eventsv1.CohortDefinition, depth int) (*insight.Cohort, error) {
	if depth > deepest {
		return nil, insight.ErrFilterInvalid.With("cohorts lie more than %d deep within each other", deepest).Field(field)
	}
	id, err := contentID(c)
	if err != nil {
		return nil, err
	}
	made := &insight.Cohort{ID: id, Static: c.GetStatic() != nil}
	if made.Static {
		made.Members, err = a.members(field+".static.developer_ids", c.GetStatic().GetDeveloperIds())
		return made, err
	}
	for i, g := range c.GetDynamic().GetAnyOf() {
		group, err := a.group(fmt.Sprintf("%s.dynamic.any_of[%d]", field, i), g, depth)
		if err != nil {
			return nil, err
		}
		made.AnyOf = append(made.AnyOf, group)
	}
	return made, nil
}

// members reads the developers of a list, merged ones as those they were merged into.
func (a *asking) members(field string, ids []string) ([]uuid.UUID, error) {
	named := make([]uuid.UUID, len(ids))
	for i, text := range ids {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, events.ErrIdentityInvalid.With("%q is not a UUID", text).Field(fmt.Sprintf("%s[%d]", field, i))
		}
		named[i] = id
	}
	return a.developers.Survivors(a.ctx, a.org, named)
}

func (a *asking) group(field string, g *eventsv1.CohortGroup, depth int) (insight.Group, error) {
	if len(g.GetProperties()) == 0 && len(g.GetPerformed()) == 0 {
		return insight.Group{}, insight.ErrFilterInvalid.With("the group has no condition").Field(field)
	}
	properties, err := a.properties(field+".properties", g.GetProperties(), depth)
	if err != nil {
		return insight.Group{}, err
	}
	for i, p := range properties {
		if p.Scope == insight.EventScope {
			return insight.Group{}, insight.ErrFilterInvalid.With("members of a cohort have properties of developers, not of events").Field(fmt.Sprintf("%s.properties[%d].scope", field, i))
		}
	}
	group := insight.Group{Properties: properties}
	for i, p := range g.GetPerformed() {
		made, err := a.performed(fmt.Sprintf("%s.performed[%d]", field, i), p, depth)
		if err != nil {
			return insight.Group{}, err
		}
		group.Performed = append(group.Performed, made)
	}
	return group, nil
}

func (a *asking) performed(field string, p *eventsv1.PerformedCondition, depth int) (insight.Performed, error) {
	made := insight.Performed{Count: insight.CountOperator(p.GetOperator()), Value: max(p.GetValue(), 1)}
	if made.Count == 0 {
		made.Count = insight.AtLeast
	}
	var err error
	if made.Matcher, err = a.matcher(field+".event", p.GetEvent(), depth); err != nil {
		return made, err
	}
	made.Range, err = a.when(field, p)
	return made, err
}

// when reads the time in which a member did something; nothing said is ever.
func (a *asking) when(field string, p *eventsv1.PerformedCondition) (events.Range, error) {
	switch t := p.GetTime().(type) {
	case *eventsv1.PerformedCondition_Days:
		start := a.now.Add(-time.Duration(t.Days) * 24 * time.Hour)
		return events.NewRange(&start, &a.now)
	case *eventsv1.PerformedCondition_Range:
		r, err := rangeFromProto(t.Range)
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			err = f.Field(field + "." + f.FieldPath())
		}
		return r, err
	}
	return events.AllTime, nil
}

// contentID is equal for equal definitions.
func contentID(c *eventsv1.CohortDefinition) (uuid.UUID, error) {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(c)
	if err != nil {
		return uuid.Nil, fmt.Errorf("write a cohort: %w", err)
	}
	return uuid.NewSHA1(uuid.Nil, content), nil
}
