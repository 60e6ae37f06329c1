package main

import (
	"context"
	"fmt"
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
	external bool
}

func (f *insightFlags) add(cmd *cobra.Command, interval string) {
	f.query.add(cmd)
	f.filter.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.where, "where", nil, whereUsage)
	flags.BoolVar(&f.external, "exclude-internal", false, "leave internal events out: those that do not pass the filters of catalog internal")
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

	excludeInternal bool
}

// ask reads the flags and connects. The asking is closed by the caller.
func (f *insightFlags) ask(ctx context.Context) (*insightQuestion, error) {
	q := &insightQuestion{timeZone: f.query.time.zone, excludeInternal: f.external}
	var ok bool
	if q.interval, ok = intervals[f.interval]; !ok {
		return nil, fmt.Errorf("--interval: %q is none of minute, hour, day, week and month", f.interval)
	}
	if q.unit, ok = units[f.unit]; !ok {
		return nil, fmt.Errorf("--unit: %q is none of developer, machine, package and project", f.unit)
	}
	var err error
	if q.where, err = parseWheres(f.where); err != nil {
		return nil, err
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
