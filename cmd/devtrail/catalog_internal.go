package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// newCatalogInternalCommand shows or replaces what --exclude-internal leaves out.
func newCatalogInternalCommand() *cobra.Command {
	var where []string
	var file string
	var none bool
	cmd := catalogCommand("internal", "Show or replace the filters that keep internal events out of insights", cobra.NoArgs, func(c *catalogCall) error {
		filters := &eventsv1.InternalFilters{}
		properties, err := parseWheres(where)
		if err != nil {
			return err
		}
		filters.Properties = properties
		if file != "" {
			if err := c.readJSON(file, filters); err != nil {
				return fmt.Errorf("--file: %w", err)
			}
		}
		if none || file != "" || len(where) > 0 {
			answer, err := c.client.SetInternalFilters(c.Context(), &eventsv1.SetInternalFiltersRequest{InternalFilters: filters})
			if err != nil {
				return err
			}
			filters = answer.GetInternalFilters()
		} else {
			answer, err := c.client.GetInternalFilters(c.Context(), &eventsv1.GetInternalFiltersRequest{})
			if err != nil {
				return err
			}
			filters = answer.GetInternalFilters()
		}
		if c.json {
			return render.JSONLine(c.OutOrStdout(), filters)
		}
		return render.JSON(c.OutOrStdout(), filters)
	})
	cmd.Flags().StringArrayVar(&where, "where", nil, "set: "+whereUsage)
	cmd.Flags().StringVar(&file, "file", "", "set to those of a file, the JSON (protojson) of InternalFilters; - is the standard input")
	cmd.Flags().BoolVar(&none, "clear", false, "set to none: every event counts")
	cmd.MarkFlagsMutuallyExclusive("where", "file", "clear")
	return cmd
}
