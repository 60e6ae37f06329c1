package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	var unique bool
	var breakdown []string
	var math, property string
	request := &eventsv1.QueryTrendsRequest{}
	cmd := &cobra.Command{
		Use:   "trends NAME...",
		Short: "How often events happened, by time: a series for each name",
		Example: `  devtrail query trends commit.authored --since 1y --interval month --unique
  devtrail query trends build.failed build.finished --formula "A / B" --compare
  devtrail query trends build.finished --math p95 --property duration_ms
  devtrail query trends package.added --by ecosystem --where scope=runtime`,
		Args: cobra.RangeArgs(1, 26),
		RunE: func(cmd *cobra.Command, args []string) error {
			if unique {
				math = "unique"
			}
			counted, ok := maths[math]
			if !ok {
				return fmt.Errorf("--math: %q is none of %s", math, strings.Join(slices.Sorted(maps.Keys(maths)), ", "))
			}
			var titles []string
			for _, name := range args {
				request.Series = append(request.Series, &eventsv1.TrendSeries{Match: &eventsv1.TrendSeries_EventName{EventName: name}, Math: counted, MathProperty: property})
				titles = append(titles, seriesTitle(name, math, property, flags.unit))
			}
			if request.GetFormula() != "" {
				titles = []string{request.GetFormula()}
			}
			if len(breakdown) > 0 {
				request.Breakdown = &eventsv1.Breakdown{Kind: eventsv1.BreakdownKind_BREAKDOWN_KIND_EVENT, Properties: breakdown}
			}
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryTrendsResponse, error) {
				request.Range, request.TimeZone, request.Interval, request.Filter, request.Properties, request.Unit = q.span, q.timeZone, q.interval, q.filter, q.where, q.unit
				request.ExcludeInternal = q.excludeInternal
				return q.client.QueryTrends(ctx, request)
			}, func(q *insightQuestion, answer *eventsv1.QueryTrendsResponse) error {
				return render.Trends(cmd.OutOrStdout(), answer, q.interval, titles, q.zone)
			})
		},
	}
	flags.add(cmd, "week")
	cmd.Flags().BoolVar(&unique, "unique", false, "count developers (or what --unit says) instead of events: --math unique")
	cmd.Flags().StringVar(&math, "math", "total", "what is counted: total, unique, weekly-active, monthly-active; of --property sum, average, minimum, maximum, median, p75, p90, p95, p99")
	cmd.Flags().StringVar(&property, "property", "", "the property whose numbers --math looks at")
	cmd.Flags().StringVar(&request.Formula, "formula", "", "arithmetic over the series, of which A is the first: its values alone are printed")
	cmd.Flags().BoolVar(&request.Compare, "compare", false, "also the period before, of the same length")
	cmd.Flags().BoolVar(&request.TotalValue, "total", false, "totals alone")
	cmd.Flags().BoolVar(&request.Cumulative, "cumulative", false, "running sums")
	cmd.MarkFlagsMutuallyExclusive("unique", "math")
	cmd.MarkFlagsMutuallyExclusive("total", "cumulative")
	cmd.Flags().StringArrayVar(&breakdown, "by", nil, "split by the values of this property of the event; up to three times")
	return cmd
}

// maths are what a series counts, by their names.
var maths = map[string]eventsv1.Math{
	"total": eventsv1.Math_MATH_TOTAL, "unique": eventsv1.Math_MATH_UNIQUE_ACTORS, "weekly-active": eventsv1.Math_MATH_WEEKLY_ACTIVE,
	"monthly-active": eventsv1.Math_MATH_MONTHLY_ACTIVE, "sum": eventsv1.Math_MATH_SUM, "average": eventsv1.Math_MATH_AVERAGE,
	"minimum": eventsv1.Math_MATH_MINIMUM, "maximum": eventsv1.Math_MATH_MAXIMUM, "median": eventsv1.Math_MATH_MEDIAN,
	"p75": eventsv1.Math_MATH_P75, "p90": eventsv1.Math_MATH_P90, "p95": eventsv1.Math_MATH_P95, "p99": eventsv1.Math_MATH_P99,
}

// seriesTitle says what a series counts.
func seriesTitle(name, math, property, unit string) string {
	switch {
	case math == "total":
		return name + " events"
	case math == "unique":
		return unit + "s of " + name
	case property == "":
		return math + " " + unit + "s of " + name
	}
	return math + " of " + property + " of " + name
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
