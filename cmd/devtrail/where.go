package main

import (
	"fmt"
	"regexp"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

const whereUsage = "only events whose property compares well: key=text, key!=text, key~pattern, key!~pattern, key>n, key>=n, key<n, key<=n; may be given several times"

var comparison = regexp.MustCompile(`(?s)^([^=!~<>]+)(!=|!~|>=|<=|=|~|>|<)(.*)$`)

var comparisons = map[string]eventsv1.PropertyOperator{
	"=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_EXACT, "!=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT,
	"~": eventsv1.PropertyOperator_PROPERTY_OPERATOR_REGEX, "!~": eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_REGEX,
	">": eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER, ">=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER_OR_EQUAL,
	"<": eventsv1.PropertyOperator_PROPERTY_OPERATOR_LESS, "<=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_LESS_OR_EQUAL,
}

// parseWheres reads each --where as a filter.
func parseWheres(texts []string) ([]*eventsv1.PropertyFilter, error) {
	var filters []*eventsv1.PropertyFilter
	for _, text := range texts {
		filter, err := parseWhere(text)
		if err != nil {
			return nil, err
		}
		filters = append(filters, filter)
	}
	return filters, nil
}

func parseWhere(text string) (*eventsv1.PropertyFilter, error) {
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("--where: %q is no comparison such as tool=npm", text)
	}
	return &eventsv1.PropertyFilter{Key: m[1], Operator: comparisons[m[2]], Values: []string{m[3]}}, nil
}
