package main

import (
	"errors"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func newCatalogEventsCommand() *cobra.Command {
	request := &eventsv1.ListEventDefinitionsRequest{PageSize: pageSize}
	cmd := catalogCommand("events", "The events there are, by their names", cobra.NoArgs, func(c *catalogCall) error {
		if c.Flags().Changed("verified") {
			verified, err := c.Flags().GetBool("verified")
			if err != nil {
				return err
			}
			request.Verified = &verified
		}
		all := &eventsv1.ListEventDefinitionsResponse{}
		for {
			answer, err := c.client.ListEventDefinitions(c.Context(), request)
			if err != nil {
				return err
			}
			all.EventDefinitions = append(all.EventDefinitions, answer.GetEventDefinitions()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return catalogShow(c, all, render.EventDefinitions)
			}
		}
	})
	cmd.Flags().StringVar(&request.NameContains, "contains", "", "only names that contain this")
	cmd.Flags().BoolVar(&request.ShowHidden, "hidden", false, "also those that are hidden")
	cmd.Flags().Bool("verified", false, "only those that somebody verified; --verified=false for the others")
	return cmd
}

func newCatalogPropertiesCommand() *cobra.Command {
	request := &eventsv1.ListPropertyDefinitionsRequest{PageSize: pageSize}
	cmd := catalogCommand("properties", "The properties that events have, by their keys", cobra.NoArgs, func(c *catalogCall) error {
		if c.Flags().Changed("verified") {
			verified, err := c.Flags().GetBool("verified")
			if err != nil {
				return err
			}
			request.Verified = &verified
		}
		all := &eventsv1.ListPropertyDefinitionsResponse{}
		for {
			answer, err := c.client.ListPropertyDefinitions(c.Context(), request)
			if err != nil {
				return err
			}
			all.PropertyDefinitions = append(all.PropertyDefinitions, answer.GetPropertyDefinitions()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return catalogShow(c, all, render.PropertyDefinitions)
			}
		}
	})
	cmd.Flags().StringVar(&request.EventName, "event", "", "only properties of events of this name")
	cmd.Flags().StringVar(&request.KeyContains, "contains", "", "only keys that contain this")
	cmd.Flags().BoolVar(&request.ShowHidden, "hidden", false, "also those that are hidden")
	cmd.Flags().Bool("verified", false, "only those that somebody verified; --verified=false for the others")
	return cmd
}

// noteFlags are what people say of a definition; only what is given is changed.
type noteFlags struct {
	description      string
	verified, hidden bool
}

func (f *noteFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.description, "description", "", "what it is")
	cmd.Flags().BoolVar(&f.verified, "verified", false, "somebody looked at it and vouches for it; --verified=false takes that back")
	cmd.Flags().BoolVar(&f.hidden, "hidden", false, "lists leave it out; --hidden=false brings it back")
}

// mask names what was given.
func (f *noteFlags) mask(cmd *cobra.Command) (*fieldmaskpb.FieldMask, error) {
	mask := &fieldmaskpb.FieldMask{}
	for _, path := range []string{"description", "hidden", "verified"} {
		if cmd.Flags().Changed(path) {
			mask.Paths = append(mask.Paths, path)
		}
	}
	if len(mask.GetPaths()) == 0 {
		return nil, errors.New("nothing to change: give --description, --verified or --hidden")
	}
	return mask, nil
}

func newCatalogEventCommand() *cobra.Command {
	var note noteFlags
	cmd := catalogCommand("event NAME", "Describe, verify or hide the events of a name", cobra.ExactArgs(1), func(c *catalogCall) error {
		mask, err := note.mask(c.Command)
		if err != nil {
			return err
		}
		answer, err := c.client.UpdateEventDefinition(c.Context(), &eventsv1.UpdateEventDefinitionRequest{
			EventDefinition: &eventsv1.EventDefinition{Name: c.args[0], Description: note.description, Verified: note.verified, Hidden: note.hidden}, UpdateMask: mask,
		})
		if err != nil {
			return err
		}
		return catalogShow(c, &eventsv1.ListEventDefinitionsResponse{EventDefinitions: []*eventsv1.EventDefinition{answer.GetEventDefinition()}}, render.EventDefinitions)
	})
	note.add(cmd)
	return cmd
}

func newCatalogPropertyCommand() *cobra.Command {
	var note noteFlags
	cmd := catalogCommand("property KEY", "Describe, verify or hide a property", cobra.ExactArgs(1), func(c *catalogCall) error {
		mask, err := note.mask(c.Command)
		if err != nil {
			return err
		}
		answer, err := c.client.UpdatePropertyDefinition(c.Context(), &eventsv1.UpdatePropertyDefinitionRequest{
			PropertyDefinition: &eventsv1.PropertyDefinition{Key: c.args[0], Description: note.description, Verified: note.verified, Hidden: note.hidden}, UpdateMask: mask,
		})
		if err != nil {
			return err
		}
		return catalogShow(c, &eventsv1.ListPropertyDefinitionsResponse{PropertyDefinitions: []*eventsv1.PropertyDefinition{answer.GetPropertyDefinition()}}, render.PropertyDefinitions)
	})
	note.add(cmd)
	return cmd
}
