package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// savedFlags are the flags of asking a saved insight.
type savedFlags struct {
	name, zone string
	csv        bool
}

// addSaved lets query itself ask what was saved.
func addSaved(query *cobra.Command) {
	var flags savedFlags
	saved := catalogCommand("query", "", cobra.NoArgs, func(c *catalogCall) error { return flags.run(c) })
	run := saved.RunE
	query.RunE = func(cmd *cobra.Command, args []string) error {
		if flags.name == "" {
			return cmd.Help()
		}
		return run(cmd, args)
	}
	query.Args = cobra.NoArgs
	query.Flags().AddFlagSet(saved.Flags())
	query.Flags().StringVar(&flags.name, "saved", "", "ask this saved insight: its name or its id")
	query.Flags().StringVar(&flags.zone, "time-zone", "UTC", "IANA name of the time zone of the output")
	query.Flags().BoolVar(&flags.csv, "csv", false, "print the answer as comma-separated values")
	query.MarkFlagsMutuallyExclusive("csv", "json")
}

func (f *savedFlags) run(c *catalogCall) error {
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return fmt.Errorf("--time-zone: %w", err)
	}
	item, err := insightShelf().find(c, f.name)
	if err != nil {
		return err
	}
	answer, err := c.client.RunSavedInsight(c.Context(), &eventsv1.RunSavedInsightRequest{SavedInsightId: item.GetId()})
	if err != nil {
		return fmt.Errorf("ask the saved insight %q: %w", f.name, err)
	}
	if c.json {
		return render.JSONLine(c.OutOrStdout(), answer)
	}
	return f.print(c, answer, zone)
}

func (f *savedFlags) print(c *catalogCall, answer *eventsv1.RunSavedInsightResponse, zone *time.Location) error {
	w, request := c.OutOrStdout(), answer.GetSavedInsight().GetRequest()
	interval := eventsv1.Interval_INTERVAL_DAY
	var given proto.Message
	for _, k := range []interface{ GetInterval() eventsv1.Interval }{request.GetTrends(), request.GetLifecycle(), request.GetStickiness(), request.GetFunnel()} {
		if k.GetInterval() != eventsv1.Interval_INTERVAL_UNSPECIFIED {
			interval = k.GetInterval()
		}
	}
	if period := request.GetRetention().GetPeriod(); period != eventsv1.Interval_INTERVAL_UNSPECIFIED {
		interval = period
	}
	var show func() error
	switch a := answer.GetAnswer().(type) {
	case *eventsv1.RunSavedInsightResponse_Trends:
		given, show = a.Trends, func() error { return render.Trends(w, a.Trends, interval, trendTitles(request.GetTrends()), zone) }
	case *eventsv1.RunSavedInsightResponse_Funnel:
		var titles []string
		for _, step := range request.GetFunnel().GetSteps() {
			titles = append(titles, matcherTitle(step))
		}
		given, show = a.Funnel, func() error { return render.Funnel(w, a.Funnel, titles) }
	case *eventsv1.RunSavedInsightResponse_Retention:
		given, show = a.Retention, func() error { return render.Retention(w, a.Retention, interval, zone) }
	case *eventsv1.RunSavedInsightResponse_Stickiness:
		given, show = a.Stickiness, func() error { return render.Stickiness(w, a.Stickiness) }
	case *eventsv1.RunSavedInsightResponse_Lifecycle:
		given, show = a.Lifecycle, func() error { return render.Lifecycle(w, a.Lifecycle, interval, zone) }
	case *eventsv1.RunSavedInsightResponse_Paths:
		given, show = a.Paths, func() error { return render.Paths(w, a.Paths) }
	default:
		return fmt.Errorf("the answer of %q has a kind that this build does not know", f.name)
	}
	if f.csv {
		return render.CSV(w, given, interval, zone)
	}
	return show()
}

// matching is what says which events a series or a step means.
type matching interface {
	GetEventName() string
	GetActionId() string
}

func matcherTitle(m matching) string {
	switch {
	case m.GetEventName() != "":
		return m.GetEventName()
	case m.GetActionId() != "":
		return "action " + m.GetActionId()
	}
	return "action"
}

// trendTitles say what the rows of a trend count.
func trendTitles(request *eventsv1.QueryTrendsRequest) []string {
	if request.GetFormula() != "" {
		return []string{request.GetFormula()}
	}
	unit := strings.ToLower(strings.TrimPrefix(request.GetUnit().String(), "UNIT_"))
	if request.GetUnit() == eventsv1.Unit_UNIT_UNSPECIFIED {
		unit = "developer"
	}
	var titles []string
	for _, series := range request.GetSeries() {
		math := "total"
		for name, m := range maths {
			if m == series.GetMath() {
				math = name
			}
		}
		titles = append(titles, seriesTitle(matcherTitle(series), math, series.GetMathProperty(), unit))
	}
	return titles
}
