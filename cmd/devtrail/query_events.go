package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// eventsFlags are the flags of query events.
type eventsFlags struct {
	query  queryFlags
	filter filterFlags
	names  []string
	where  []string
	limit  int
}

func newQueryEventsCommand() *cobra.Command {
	var flags eventsFlags
	cmd := &cobra.Command{
		Use:   "events",
		Short: "What happened, newest first",
		Example: `  devtrail query events --name package.added --package pkg:npm/left-pad --since 30d
  devtrail query events --where ecosystem=npm --where 'path~package-lock'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	flags.query.add(cmd)
	flags.filter.add(cmd)
	cmd.Flags().StringArrayVar(&flags.names, "name", nil, "only events of this name, as package.added; may be given several times")
	cmd.Flags().StringArrayVar(&flags.where, "where", nil, whereUsage)
	cmd.Flags().IntVar(&flags.limit, "limit", 50, "how many events at most")
	return cmd
}

func (f *eventsFlags) run(cmd *cobra.Command) error {
	if f.limit < 1 {
		return fmt.Errorf("--limit: %d is less than 1", f.limit)
	}
	properties, err := parseWheres(f.where)
	if err != nil {
		return err
	}
	ask, err := f.query.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	filter, err := f.filter.filter(cmd.Context(), ask, f.names...)
	if err != nil {
		return err
	}
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	answer, err := listEvents(cmd.Context(), conn, &eventsv1.ListEventsRequest{Filter: filter, Properties: properties, Range: ask.span}, f.limit)
	if err != nil {
		return fmt.Errorf("ask for events: %w", err)
	}
	if f.query.json {
		return render.JSON(cmd.OutOrStdout(), answer)
	}
	var ids []string
	for _, event := range answer.GetEvents() {
		ids = append(ids, event.GetDeveloperId())
	}
	names, err := ask.names(cmd.Context(), ids)
	if err != nil {
		return err
	}
	return render.Events(cmd.OutOrStdout(), answer.GetEvents(), names, ask.zone)
}

// pageSize is the largest page of the contract.
const pageSize = 1000

// listEvents reads as many pages as the limit wants into one answer; its token goes on where it ends.
func listEvents(ctx context.Context, conn grpc.ClientConnInterface, request *eventsv1.ListEventsRequest, limit int) (*eventsv1.ListEventsResponse, error) {
	client := eventsv1.NewEventServiceClient(conn)
	all := &eventsv1.ListEventsResponse{}
	for {
		request.PageSize = int32(min(limit-len(all.GetEvents()), pageSize))
		page, err := client.ListEvents(ctx, request)
		if err != nil {
			return nil, err
		}
		all.Events = append(all.Events, page.GetEvents()...)
		all.NextPageToken = page.GetNextPageToken()
		if all.GetNextPageToken() == "" || len(all.GetEvents()) >= limit {
			return all, nil
		}
		request.PageToken = all.GetNextPageToken()
	}
}
