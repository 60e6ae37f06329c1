package main

import (
	"context"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func newQueryRetentionCommand() *cobra.Command {
	var flags insightFlags
	var total int32
	var first bool
	cmd := &cobra.Command{
		Use:     "retention TARGET [RETURNING]",
		Short:   "Who comes back, interval by interval",
		Example: `  devtrail query retention commit.authored --interval week --intervals 13`,
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, names []string) error {
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryRetentionResponse, error) {
				request := &eventsv1.QueryRetentionRequest{
					Target: named(names[0]), Returning: named(names[len(names)-1]), Period: q.interval, TotalIntervals: total, AsOf: q.asking.span.GetEnd(),
					TimeZone: q.timeZone, Filter: q.filter, Properties: q.where, Unit: q.unit, ExcludeInternal: q.excludeInternal,
				}
				if first {
					request.Type = eventsv1.RetentionType_RETENTION_TYPE_FIRST_TIME
				}
				return q.client.QueryRetention(ctx, request)
			}, func(q *insightQuestion, answer *eventsv1.QueryRetentionResponse) error {
				return render.Retention(cmd.OutOrStdout(), answer, q.interval, q.zone)
			})
		},
	}
	flags.add(cmd, "week")
	cmd.Flags().Lookup("since").Hidden = true
	cmd.Flags().Int32Var(&total, "intervals", 11, "how many intervals, the last of which holds --until")
	cmd.Flags().BoolVar(&first, "first-time", false, "count everybody only in the interval of the first time ever")
	return cmd
}

func newQueryStickinessCommand() *cobra.Command {
	var flags insightFlags
	cmd := &cobra.Command{
		Use:     "stickiness NAME...",
		Short:   "In how many buckets somebody is active",
		Example: `  devtrail query stickiness commit.authored --since 30d --interval day`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryStickinessResponse, error) {
				return q.client.QueryStickiness(ctx, &eventsv1.QueryStickinessRequest{
					Range: q.span, TimeZone: q.timeZone, Interval: q.interval, Series: eachNamed(names), Filter: q.filter, Properties: q.where, Unit: q.unit, ExcludeInternal: q.excludeInternal,
				})
			}, func(_ *insightQuestion, answer *eventsv1.QueryStickinessResponse) error {
				return render.Stickiness(cmd.OutOrStdout(), answer)
			})
		},
	}
	flags.add(cmd, "week")
	return cmd
}

func newQueryLifecycleCommand() *cobra.Command {
	var flags insightFlags
	cmd := &cobra.Command{
		Use:     "lifecycle NAME",
		Short:   "Who is new, stays, comes back or leaves",
		Example: `  devtrail query lifecycle commit.authored --interval month --since 1y`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryLifecycleResponse, error) {
				return q.client.QueryLifecycle(ctx, &eventsv1.QueryLifecycleRequest{
					Range: q.span, TimeZone: q.timeZone, Interval: q.interval, Series: named(names[0]), Filter: q.filter, Properties: q.where, Unit: q.unit, ExcludeInternal: q.excludeInternal,
				})
			}, func(q *insightQuestion, answer *eventsv1.QueryLifecycleResponse) error {
				return render.Lifecycle(cmd.OutOrStdout(), answer, q.interval, q.zone)
			})
		},
	}
	flags.add(cmd, "week")
	return cmd
}

func newQueryPathsCommand() *cobra.Command {
	var flags insightFlags
	request := &eventsv1.QueryPathsRequest{}
	cmd := &cobra.Command{
		Use:     "paths [NAME...]",
		Short:   "Which way events follow each other",
		Example: `  devtrail query paths --since 30d --start package.added`,
		RunE: func(cmd *cobra.Command, names []string) error {
			for _, name := range names {
				request.Sources = append(request.Sources, &eventsv1.PathSource{EventName: name})
			}
			if len(names) == 0 {
				request.Sources = []*eventsv1.PathSource{{}}
			}
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryPathsResponse, error) {
				request.Range, request.TimeZone, request.Filter, request.Properties, request.Unit = q.span, q.timeZone, q.filter, q.where, q.unit
				request.ExcludeInternal = q.excludeInternal
				return q.client.QueryPaths(ctx, request)
			}, func(_ *insightQuestion, answer *eventsv1.QueryPathsResponse) error {
				return render.Paths(cmd.OutOrStdout(), answer)
			})
		},
	}
	flags.add(cmd, "day")
	cmd.Flags().Lookup("interval").Hidden = true
	cmd.Flags().StringVar(&request.StartItem, "start", "", "ways begin at this event")
	cmd.Flags().StringVar(&request.EndItem, "end", "", "ways end at this event")
	cmd.Flags().Int32Var(&request.StepLimit, "steps", 5, "how many events of a way count, 2 to 20")
	cmd.Flags().Int32Var(&request.EdgeLimit, "limit", 50, "how many edges at most, the most frequent first")
	return cmd
}
