package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// runWholeExposure streams the answer: JSON is printed as it comes, tables when all of it is there.
func runWholeExposure(cmd *cobra.Command, flags *queryFlags, request *eventsv1.GetExposureRequest) error {
	ask, err := flags.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	answer := &eventsv1.GetExposureResponse{}
	err = streamExposure(cmd.Context(), eventsv1.NewEventServiceClient(conn), &eventsv1.StreamExposureRequest{
		Purl: request.GetPurl(), Range: ask.span, Versions: request.GetVersions(), VersionRange: request.GetVersionRange(), IncludeEvidence: request.GetEvidenceLimit() > 0,
	}, int(request.GetEvidenceLimit()), func(part *eventsv1.StreamExposureResponse) error {
		if flags.json {
			return render.JSONLine(cmd.OutOrStdout(), part)
		}
		addPart(answer, part)
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask for the exposure of %q: %w", request.GetPurl(), err)
	}
	if flags.json {
		return nil
	}
	return showExposure(cmd, ask, answer)
}

// streamExposure hands over the parts, until all rows and so many events were there.
func streamExposure(
	ctx context.Context, client eventsv1.EventServiceClient, request *eventsv1.StreamExposureRequest, evidence int, take func(*eventsv1.StreamExposureResponse) error,
) error {
	ctx, stop := context.WithCancel(ctx) // ends the stream when enough was read
	defer stop()
	stream, err := client.StreamExposure(ctx, request)
	if err != nil {
		return err
	}
	for wanted := request.GetIncludeEvidence(); ; {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		part.Evidence = part.GetEvidence()[:min(evidence, len(part.GetEvidence()))]
		evidence -= len(part.GetEvidence())
		if err := take(part); err != nil {
			return err
		}
		if wanted && evidence == 0 {
			return nil
		}
	}
}

// addPart adds the rows of a part to a whole answer.
func addPart(answer *eventsv1.GetExposureResponse, part *eventsv1.StreamExposureResponse) {
	if part.GetPurl() != "" {
		answer.Purl, answer.Sighting = part.GetPurl(), part.GetSighting()
	}
	answer.Developers = append(answer.Developers, part.GetDevelopers()...)
	answer.Actors = append(answer.Actors, part.GetActors()...)
	answer.Projects = append(answer.Projects, part.GetProjects()...)
	answer.Sources = append(answer.Sources, part.GetSources()...)
	answer.Machines = append(answer.Machines, part.GetMachines()...)
	answer.Versions = append(answer.Versions, part.GetVersions()...)
	answer.Evidence = append(answer.Evidence, part.GetEvidence()...)
	answer.DeveloperCount, answer.ActorCount = int32(len(answer.Developers)), int32(len(answer.Actors))
	answer.ProjectCount, answer.SourceCount = int32(len(answer.Projects)), int32(len(answer.Sources))
	answer.MachineCount, answer.VersionCount = int32(len(answer.Machines)), int32(len(answer.Versions))
}
