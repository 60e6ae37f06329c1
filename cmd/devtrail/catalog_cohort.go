package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// cohortShelf makes a static cohort of developers, or one of those whose properties compare well.
func cohortShelf() *shelf {
	var developers, where []string
	return &shelf{
		use: "cohorts", one: "cohort",
		empty: func() proto.Message { return &eventsv1.CohortDefinition{} },
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringArrayVar(&developers, "developer", nil, "a member: an id or a git e-mail address; may be given several times")
			cmd.Flags().StringArrayVar(&where, "where", nil, "developers whose property compares well, such as team=payments; several must all do. Else as in query")
			cmd.MarkFlagsMutuallyExclusive("developer", "where", "file")
		},
		define: func(c *catalogCall) (proto.Message, error) {
			properties, err := parseWheres(where)
			switch {
			case err != nil:
				return nil, err
			case len(properties) > 0:
				for _, p := range properties {
					p.Scope = eventsv1.PropertyScope_PROPERTY_SCOPE_DEVELOPER
				}
				return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Dynamic{
					Dynamic: &eventsv1.DynamicCohort{AnyOf: []*eventsv1.CohortGroup{{Properties: properties}}},
				}}, nil
			case len(developers) == 0:
				return nil, errors.New("a cohort needs --developer, --where or --file")
			}
			members, err := (&filterFlags{developers: developers}).filter(c.Context(), c.asking)
			return &eventsv1.CohortDefinition{Kind: &eventsv1.CohortDefinition_Static{Static: &eventsv1.StaticCohort{DeveloperIds: members.GetDeveloperIds()}}}, err
		},
		list: func(ctx context.Context, client eventsv1.CatalogServiceClient, token string) ([]render.Item, string, error) {
			answer, err := client.ListCohorts(ctx, &eventsv1.ListCohortsRequest{PageSize: pageSize, PageToken: token})
			return asItems(answer.GetCohorts()), answer.GetNextPageToken(), err
		},
		create: func(c *catalogCall, name, description string, definition proto.Message) (render.Item, error) {
			answer, err := c.client.CreateCohort(c.Context(), &eventsv1.CreateCohortRequest{
				Cohort: &eventsv1.Cohort{Name: name, Description: description, Definition: definition.(*eventsv1.CohortDefinition)},
			})
			return answer.GetCohort(), err
		},
		remove: func(ctx context.Context, client eventsv1.CatalogServiceClient, id string) error {
			_, err := client.DeleteCohort(ctx, &eventsv1.DeleteCohortRequest{CohortId: id})
			return err
		},
		more: []func(*shelf) *cobra.Command{newCohortMembersCommand},
	}
}

func newCohortMembersCommand(s *shelf) *cobra.Command {
	var recompute bool
	cmd := catalogCommand("members NAME", "Who is in a cohort, as computed last", cobra.ExactArgs(1), func(c *catalogCall) error {
		cohort, err := s.find(c, c.args[0])
		if err != nil {
			return err
		}
		if recompute {
			if _, err := c.client.RecomputeCohort(c.Context(), &eventsv1.RecomputeCohortRequest{CohortId: cohort.GetId()}); err != nil {
				return err
			}
		}
		all := &eventsv1.ListCohortMembersResponse{}
		request := &eventsv1.ListCohortMembersRequest{CohortId: cohort.GetId(), PageSize: pageSize}
		for {
			answer, err := c.client.ListCohortMembers(c.Context(), request)
			if err != nil {
				return err
			}
			all.DeveloperIds, all.Computation = append(all.DeveloperIds, answer.GetDeveloperIds()...), answer.GetComputation()
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				break
			}
		}
		if c.json {
			return render.JSONLine(c.OutOrStdout(), all)
		}
		names, err := c.names(c.Context(), all.GetDeveloperIds())
		if err != nil {
			return err
		}
		return render.Members(c.OutOrStdout(), all, names)
	})
	cmd.Flags().BoolVar(&recompute, "recompute", false, "compute them anew before")
	return cmd
}
