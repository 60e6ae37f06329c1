package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func newQueryExposureCommand() *cobra.Command {
	var flags queryFlags
	var all bool
	request := &eventsv1.GetExposureRequest{}
	cmd := &cobra.Command{
		Use:   "exposure PURL",
		Short: "Who touched a package or some versions of it",
		Example: `  devtrail query exposure pkg:npm/left-pad
  devtrail query exposure pkg:npm/left-pad --range '>=1.2.0 <1.4.0'
  devtrail query exposure pkg:pypi/requests --range 'vers:pypi/>=2.30.0|<2.32.4'
  devtrail query exposure pkg:npm/left-pad --version 1.3.0 --version 1.3.1
  devtrail query exposure pkg:golang/google.golang.org/grpc@v1.85.0 --evidence 5
  devtrail query exposure pkg:npm/left-pad --all --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Purl = args[0]
			if all {
				return runWholeExposure(cmd, &flags, request)
			}
			return runExposure(cmd, &flags, request)
		},
	}
	flags.add(cmd)
	cmd.Flags().Int32Var(&request.RowLimit, "limit", 20, "how many rows each list may have")
	cmd.Flags().BoolVar(&all, "all", false, "every row of every list, however many; with --json a line for each part of the answer, as it comes")
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
	cmd.Flags().Int32Var(&request.EvidenceLimit, "evidence", 0, "how many of the newest events to print as evidence")
	cmd.Flags().StringArrayVar(&request.Versions, "version", nil, "only this version; may be given several times")
	cmd.Flags().StringVar(&request.VersionRange, "range", "", "only versions of this range: vers:type/... or the ecosystem's own notation")
	return cmd
}

func runExposure(cmd *cobra.Command, flags *queryFlags, request *eventsv1.GetExposureRequest) error {
	ask, err := flags.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	request.Range = ask.span
	answer, err := eventsv1.NewEventServiceClient(conn).GetExposure(cmd.Context(), request)
	if err != nil {
		return fmt.Errorf("ask for the exposure of %q: %w", request.GetPurl(), err)
	}
	if flags.json {
		return render.JSON(cmd.OutOrStdout(), answer)
	}
	return showExposure(cmd, ask, answer)
}

func showExposure(cmd *cobra.Command, ask *asking, answer *eventsv1.GetExposureResponse) error {
	var ids []string
	for _, row := range answer.GetDevelopers() {
		ids = append(ids, row.GetDeveloperId())
	}
	for _, event := range answer.GetEvidence() {
		ids = append(ids, event.GetDeveloperId())
	}
	names, err := ask.names(cmd.Context(), ids)
	if err != nil {
		return err
	}
	return render.Exposure(cmd.OutOrStdout(), answer, names, ask.zone)
}
