package main

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// units are what an insight counts, by their names.
var units = map[string]eventsv1.Unit{
	"developer": eventsv1.Unit_UNIT_DEVELOPER, "machine": eventsv1.Unit_UNIT_MACHINE, "package": eventsv1.Unit_UNIT_PACKAGE, "project": eventsv1.Unit_UNIT_PROJECT,
}

// insightFlags are the flags that questions about many events share.
type insightFlags struct {
	query    queryFlags
	filter   filterFlags
	where    []string
	unit     string
	interval string
	csv      bool
}

func (f *insightFlags) add(cmd *cobra.Command, interval string) {
	f.query.add(cmd)
	f.filter.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.where, "where", nil, "only events whose property compares well: key=text, key!=text, key~pattern, key!~pattern, key>n, key>=n, key<n, key<=n; may be given several times")
	flags.StringVar(&f.unit, "unit", "developer", "what is counted: developer, machine, package or project")
	flags.StringVar(&f.interval, "interval", interval, "width of a bucket: minute, hour, day, week or month")
	flags.BoolVar(&f.csv, "csv", false, "print the answer as comma-separated values")
	cmd.MarkFlagsMutuallyExclusive("csv", "json")
	flags.Lookup("since").Usage += " (default 90 days before --until)"
	flags.Lookup("until").Usage += " (default now)"
}

// insightQuestion is what the flags say, ready to be put into a request.
type insightQuestion struct {
	*asking
	client   eventsv1.InsightServiceClient
	span     *eventsv1.DateRange
	filter   *eventsv1.EventFilter
	where    []*eventsv1.PropertyFilter
	unit     eventsv1.Unit
	interval eventsv1.Interval
	timeZone string
}

// ask reads the flags and connects. The asking is closed by the caller.
func (f *insightFlags) ask(ctx context.Context) (*insightQuestion, error) {
	q := &insightQuestion{timeZone: f.query.time.zone}
	var ok bool
	if q.interval, ok = intervals[f.interval]; !ok {
		return nil, fmt.Errorf("--interval: %q is none of minute, hour, day, week and month", f.interval)
	}
	if q.unit, ok = units[f.unit]; !ok {
		return nil, fmt.Errorf("--unit: %q is none of developer, machine, package and project", f.unit)
	}
	var err error
	for _, text := range f.where {
		filter, err := parseWhere(text)
		if err != nil {
			return nil, err
		}
		q.where = append(q.where, filter)
	}
	if q.asking, err = f.query.ask(); err != nil {
		return nil, err
	}
	q.span = bounded(q.asking.span, time.Now())
	if q.filter, err = f.filter.filter(ctx, q.asking); err != nil {
		q.Close()
		return nil, err
	}
	conn, err := q.to("events")
	if err != nil {
		q.Close()
		return nil, err
	}
	q.client = eventsv1.NewInsightServiceClient(conn)
	return q, nil
}

// runInsight asks the question and prints its answer as the flags say; people get it by show.
func runInsight[M proto.Message](cmd *cobra.Command, f *insightFlags, ask func(context.Context, *insightQuestion) (M, error), show func(*insightQuestion, M) error) error {
	q, err := f.ask(cmd.Context())
	if err != nil {
		return err
	}
	defer q.Close()
	answer, err := ask(cmd.Context(), q)
	switch {
	case err != nil:
		return fmt.Errorf("ask for an insight: %w", err)
	case f.query.json:
		return render.JSON(cmd.OutOrStdout(), answer)
	case f.csv:
		return render.CSV(cmd.OutOrStdout(), answer, q.interval, q.zone)
	}
	return show(q, answer)
}

var comparison = regexp.MustCompile(`(?s)^([^=!~<>]+)(!=|!~|>=|<=|=|~|>|<)(.*)$`)

var comparisons = map[string]eventsv1.PropertyOperator{
	"=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_EXACT, "!=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_IS_NOT,
	"~": eventsv1.PropertyOperator_PROPERTY_OPERATOR_REGEX, "!~": eventsv1.PropertyOperator_PROPERTY_OPERATOR_NOT_REGEX,
	">": eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER, ">=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_GREATER_OR_EQUAL,
	"<": eventsv1.PropertyOperator_PROPERTY_OPERATOR_LESS, "<=": eventsv1.PropertyOperator_PROPERTY_OPERATOR_LESS_OR_EQUAL,
}

func parseWhere(text string) (*eventsv1.PropertyFilter, error) {
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("--where: %q is no comparison such as tool=npm", text)
	}
	return &eventsv1.PropertyFilter{Key: m[1], Operator: comparisons[m[2]], Values: []string{m[3]}}, nil
}

// named is the events of a name.
func named(name string) *eventsv1.EventMatcher {
	return &eventsv1.EventMatcher{Match: &eventsv1.EventMatcher_EventName{EventName: name}}
}

func eachNamed(names []string) []*eventsv1.EventMatcher {
	var list []*eventsv1.EventMatcher
	for _, name := range names {
		list = append(list, named(name))
	}
	return list
}
