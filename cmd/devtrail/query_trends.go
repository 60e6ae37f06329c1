package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// intervals are the widths of a bucket by their names.
var intervals = map[string]eventsv1.Interval{
	"hour": eventsv1.Interval_INTERVAL_HOUR, "day": eventsv1.Interval_INTERVAL_DAY,
	"week": eventsv1.Interval_INTERVAL_WEEK, "month": eventsv1.Interval_INTERVAL_MONTH,
}

// trendsFlags are the flags of query trends.
type trendsFlags struct {
	query    queryFlags
	filter   filterFlags
	interval string
	unique   bool
}

func newQueryTrendsCommand() *cobra.Command {
	var flags trendsFlags
	cmd := &cobra.Command{
		Use:     "trends NAME",
		Short:   "How often an event happened, by time",
		Example: `  devtrail query trends commit.authored --since 1y --interval month --unique`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return flags.run(cmd, args[0]) },
	}
	flags.query.add(cmd)
	flags.filter.add(cmd)
	cmd.Flags().StringVar(&flags.interval, "interval", "week", "width of a bucket: hour, day, week or month")
	cmd.Flags().BoolVar(&flags.unique, "unique", false, "count developers instead of events")
	cmd.Flags().Lookup("since").Usage += " (default 90 days before --until)"
	cmd.Flags().Lookup("until").Usage += " (default now)"
	return cmd
}

func (f *trendsFlags) run(cmd *cobra.Command, name string) error {
	interval, ok := intervals[f.interval]
	if !ok {
		return fmt.Errorf("--interval: %q is none of hour, day, week and month", f.interval)
	}
	ask, err := f.query.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	filter, err := f.filter.filter(cmd.Context(), ask)
	if err != nil {
		return err
	}
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	series := &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: name}, Math: eventsv1.Math_MATH_TOTAL}
	title := name + " events"
	if f.unique {
		series.Math, title = eventsv1.Math_MATH_UNIQUE_ACTORS, "developers of "+name
	}
	answer, err := eventsv1.NewInsightServiceClient(conn).QueryTrends(cmd.Context(), &eventsv1.QueryTrendsRequest{
		Range: bounded(ask.span, time.Now()), TimeZone: f.query.time.zone, Interval: interval, Series: []*eventsv1.TrendSeries{series}, Filter: filter,
	})
	if err != nil {
		return fmt.Errorf("ask for the trend of %q: %w", name, err)
	}
	if f.query.json {
		return render.JSON(cmd.OutOrStdout(), answer)
	}
	return render.Trends(cmd.OutOrStdout(), answer, interval, []string{title}, ask.zone)
}

// usualDays is how far back a trend goes when nothing is said.
const usualDays = 90

// bounded gives both bounds to a range that lacks one.
func bounded(span *eventsv1.TimeRange, now time.Time) *eventsv1.DateRange {
	start, end := span.GetStart(), span.GetEnd()
	if end == nil {
		end = timestamppb.New(now)
	}
	if start == nil {
		start = timestamppb.New(end.AsTime().AddDate(0, 0, -usualDays))
	}
	return &eventsv1.DateRange{From: &eventsv1.DateRange_Start{Start: start}, To: &eventsv1.DateRange_End{End: end}}
}
