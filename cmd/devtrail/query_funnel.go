package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

var orders = map[string]eventsv1.FunnelOrder{
	"ordered": eventsv1.FunnelOrder_FUNNEL_ORDER_ORDERED, "strict": eventsv1.FunnelOrder_FUNNEL_ORDER_STRICT, "unordered": eventsv1.FunnelOrder_FUNNEL_ORDER_UNORDERED,
}

func newQueryFunnelCommand() *cobra.Command {
	var flags insightFlags
	var order, window string
	cmd := &cobra.Command{
		Use:     "funnel NAME NAME...",
		Short:   "How many take steps one after the other",
		Example: `  devtrail query funnel package.added build.finished --window 1d --where tool=npm`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			kind, ok := orders[order]
			if !ok {
				return fmt.Errorf("--order: %q is none of ordered, strict and unordered", order)
			}
			within, err := parseWindow(window)
			if err != nil {
				return err
			}
			return runInsight(cmd, &flags, func(ctx context.Context, q *insightQuestion) (*eventsv1.QueryFunnelResponse, error) {
				return q.client.QueryFunnel(ctx, &eventsv1.QueryFunnelRequest{
					Range: q.span, TimeZone: q.timeZone, Filter: q.filter, Properties: q.where, Unit: q.unit, ExcludeInternal: q.excludeInternal, Steps: eachNamed(names), Order: kind, Window: within,
				})
			}, func(_ *insightQuestion, answer *eventsv1.QueryFunnelResponse) error {
				return render.Funnel(cmd.OutOrStdout(), answer, names)
			})
		},
	}
	flags.add(cmd, "day")
	cmd.Flags().Lookup("interval").Hidden = true
	cmd.Flags().StringVar(&order, "order", "ordered", "how steps follow each other: ordered, strict or unordered")
	cmd.Flags().StringVar(&window, "window", "14d", "how long all steps may take: 30min, 12h, 14d, 2w or 1mo")
	return cmd
}

var window = regexp.MustCompile(`^([0-9]{1,6})(min|h|d|w|mo)$`)

func parseWindow(text string) (*eventsv1.FunnelWindow, error) {
	m := window.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("--window: %q is no length of time such as 30min, 12h, 14d, 2w or 1mo", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return nil, err
	}
	return &eventsv1.FunnelWindow{Value: int32(n), Unit: map[string]eventsv1.WindowUnit{
		"min": eventsv1.WindowUnit_WINDOW_UNIT_MINUTE, "h": eventsv1.WindowUnit_WINDOW_UNIT_HOUR, "d": eventsv1.WindowUnit_WINDOW_UNIT_DAY,
		"w": eventsv1.WindowUnit_WINDOW_UNIT_WEEK, "mo": eventsv1.WindowUnit_WINDOW_UNIT_MONTH,
	}[m[2]]}, nil
}
