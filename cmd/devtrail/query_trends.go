package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// intervals are the widths of a bucket by their names.
var intervals = map[string]eventsv1.Interval{
	"minute": eventsv1.Interval_INTERVAL_MINUTE, "hour": eventsv1.Interval_INTERVAL_HOUR, "day": eventsv1.Interval_INTERVAL_DAY,
	"week": eventsv1.Interval_INTERVAL_WEEK, "month": eventsv1.Interval_INTERVAL_MONTH,
}

func newQueryTrendsCommand() *cobra.Command {
	var flags insightFlags
	var unique, cumulative bool
	var breakdown []string
	cmd := &cobra.Command{
		Use:   "trends NAME",
		Short: "How often an event happened, by time",
		Example: `  devtrail query trends commit.authored --since 1y --interval month --unique
  devtrail query trends package.added --by ecosystem --where scope=runtime`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			series := &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: args[0]}, Math: eventsv1.Math_MATH_TOTAL}
			title := args[0] + " events"
			if unique {
				series.Math, title = eventsv1.Math_MATH_UNIQUE_ACTORS, flags.unit+"s of "+args[0]
			}
			request := &eventsv1.QueryTrendsRequest{Series: []*eventsv1.TrendSeries{series}, Cumulative: cumulative}
			if len(breakdown) > 0 {
				request.Breakdown = &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: breakdown}
			}
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryTrendsResponse, error) {
				request.Range, request.TimeZone, request.Interval, request.Filter, request.Properties, request.Unit = q.span, q.timeZone, q.interval, q.filter, q.where, q.unit
				return q.client.QueryTrends(ctx, request)
			}, func(q *insightQuestion, answer *eventsv1.QueryTrendsResponse) error {
				return render.Trends(cmd.OutOrStdout(), answer, q.interval, []string{title}, q.zone)
			})
		},
	}
	flags.add(cmd, "week")
	cmd.Flags().BoolVar(&unique, "unique", false, "count developers (or what --unit says) instead of events")
	cmd.Flags().BoolVar(&cumulative, "cumulative", false, "running sums")
	cmd.Flags().StringArrayVar(&breakdown, "by", nil, "split by the values of this property of the event; up to three times")
	return cmd
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
