package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// actionShelf makes an action of one step for each event's name, each with all filters.
func actionShelf() *shelf {
	var names, where []string
	return &shelf{
		use: "actions", one: "action",
		empty: func() proto.Message { return &eventsv1.InlineAction{} },
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringArrayVar(&names, "event", nil, "events of this name match; may be given several times")
			cmd.Flags().StringArrayVar(&where, "where", nil, whereUsage)
		},
		define: func(*catalogCall) (proto.Message, error) {
			properties, err := parseWheres(where)
			if err != nil {
				return nil, err
			}
			if len(names) == 0 && len(properties) > 0 {
				names = []string{""} // of every name
			}
			if len(names) == 0 {
				return nil, errors.New("an action needs --event, --where or --file")
			}
			action := &eventsv1.InlineAction{}
			for _, name := range names {
				action.Steps = append(action.Steps, &eventsv1.ActionStep{EventName: name, Properties: properties})
			}
			return action, nil
		},
		list: func(ctx context.Context, client eventsv1.CatalogServiceClient, token string) ([]render.Item, string, error) {
			answer, err := client.ListActions(ctx, &eventsv1.ListActionsRequest{PageSize: pageSize, PageToken: token})
			return asItems(answer.GetActions()), answer.GetNextPageToken(), err
		},
		create: func(c *catalogCall, name, description string, definition proto.Message) (render.Item, error) {
			answer, err := c.client.CreateAction(c.Context(), &eventsv1.CreateActionRequest{
				Action: &eventsv1.Action{Name: name, Description: description, Definition: definition.(*eventsv1.InlineAction)},
			})
			return answer.GetAction(), err
		},
		remove: func(ctx context.Context, client eventsv1.CatalogServiceClient, id string) error {
			_, err := client.DeleteAction(ctx, &eventsv1.DeleteActionRequest{ActionId: id})
			return err
		},
	}
}
