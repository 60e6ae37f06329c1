package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func newQueryDigestCommand() *cobra.Command {
	var flags queryFlags
	var filter filterFlags
	request := &eventsv1.GetDigestRequest{}
	cmd := &cobra.Command{
		Use:   "digest",
		Short: "What happened in a period, beside the period before",
		Example: `  devtrail query digest --since 7d
  devtrail query digest --since 30d --project github.com/acme/shop
  devtrail query digest --since 2026-05-01 --until 2026-06-01 --developer ada@example.org`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDigest(cmd, &flags, &filter, request) },
	}
	flags.add(cmd)
	filter.add(cmd)
	cmd.Flags().Int32Var(&request.RowLimit, "limit", 10, "how many rows each list may have")
	return cmd
}

func runDigest(cmd *cobra.Command, flags *queryFlags, filter *filterFlags, request *eventsv1.GetDigestRequest) error {
	ask, err := flags.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	request.Range = ask.span
	if request.GetRange().GetStart() == nil {
		return errors.New("a digest is of a period: give --since")
	}
	if request.Range.End == nil {
		request.Range.End = timestamppb.New(time.Now())
	}
	if request.Filter, err = filter.filter(cmd.Context(), ask); err != nil {
		return err
	}
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	answer, err := eventsv1.NewEventServiceClient(conn).GetDigest(cmd.Context(), request)
	if err != nil {
		return fmt.Errorf("ask for the digest: %w", err)
	}
	if flags.json {
		return render.JSON(cmd.OutOrStdout(), answer)
	}
	return render.Digest(cmd.OutOrStdout(), answer, ask.zone)
}
