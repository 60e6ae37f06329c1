package main

import (
	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// newCatalogPromotionsCommand shows and changes which properties of events have columns of their own.
func newCatalogPromotionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "promotions",
		Short: "Properties with a column of their own, where questions find them faster; no answer changes by it",
		Example: `  devtrail catalog promotions suggest --days 30
  devtrail catalog promotions add tool
  devtrail catalog promotions list`,
	}
	cmd.AddCommand(newPromotionsListCommand(), newPromotionsSuggestCommand(), newPromotionsAddCommand(), newPromotionsRemoveCommand())
	return cmd
}

func newPromotionsListCommand() *cobra.Command {
	return catalogCommand("list", "Those that are promoted, and how far they are filled or emptied", cobra.NoArgs, func(c *catalogCall) error {
		answer, err := c.client.ListPromotedProperties(c.Context(), &eventsv1.ListPromotedPropertiesRequest{})
		if err != nil {
			return err
		}
		return catalogShow(c, answer, render.Promotions)
	})
}

func newPromotionsSuggestCommand() *cobra.Command {
	request := &eventsv1.SuggestPromotionsRequest{}
	cmd := catalogCommand("suggest", "Those that are worth it, by what questions that looked at them took", cobra.NoArgs, func(c *catalogCall) error {
		answer, err := c.client.SuggestPromotions(c.Context(), request)
		if err != nil {
			return err
		}
		return catalogShow(c, answer, render.PromotionSuggestions)
	})
	cmd.Flags().Int32Var(&request.Days, "days", 7, "questions of so many days up to now")
	cmd.Flags().Int32Var(&request.Limit, "limit", 10, "so many at most")
	return cmd
}

func newPromotionsAddCommand() *cobra.Command {
	return catalogCommand("add KEY", "Promote a property: its column is filled in the background", cobra.ExactArgs(1), func(c *catalogCall) error {
		answer, err := c.client.PromoteProperty(c.Context(), &eventsv1.PromotePropertyRequest{Key: c.args[0]})
		if err != nil {
			return err
		}
		return catalogShow(c, answer.GetProperty(), render.Promotion)
	})
}

func newPromotionsRemoveCommand() *cobra.Command {
	return catalogCommand("remove KEY", "Take a promotion back: its column is emptied in the background", cobra.ExactArgs(1), func(c *catalogCall) error {
		answer, err := c.client.DemoteProperty(c.Context(), &eventsv1.DemotePropertyRequest{Key: c.args[0]})
		if err != nil {
			return err
		}
		return catalogShow(c, answer.GetProperty(), render.Promotion)
	})
}
