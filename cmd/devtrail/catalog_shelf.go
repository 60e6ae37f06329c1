package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// shelf is one kind of things that people save: how each is listed, made and deleted.
type shelf struct {
	use, one string // such as actions and action
	list     func(ctx context.Context, client eventsv1.CatalogServiceClient, token string) (items []render.Item, next string, err error)
	flags    func(*cobra.Command)
	// define makes the definition from the flags; it is nil when only a file can say it.
	define func(c *catalogCall) (proto.Message, error)
	empty  func() proto.Message
	create func(c *catalogCall, name, description string, definition proto.Message) (render.Item, error)
	remove func(ctx context.Context, client eventsv1.CatalogServiceClient, id string) error
	more   []func(s *shelf) *cobra.Command
}

func (s *shelf) command() *cobra.Command {
	cmd := &cobra.Command{Use: s.use, Short: "List, show, create and delete saved " + s.use}
	cmd.AddCommand(s.listCommand(), s.showCommand(), s.createCommand(), s.deleteCommand())
	for _, more := range s.more {
		cmd.AddCommand(more(s))
	}
	return cmd
}

// all reads every page.
func (s *shelf) all(c *catalogCall) ([]render.Item, error) {
	var all []render.Item
	token := ""
	for {
		items, next, err := s.list(c.Context(), c.client, token)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if token = next; token == "" {
			return all, nil
		}
	}
}

// find returns the item that an argument names, by its name or its id.
func (s *shelf) find(c *catalogCall, named string) (render.Item, error) {
	items, err := s.all(c)
	if err != nil {
		return nil, err
	}
	id := ""
	if parsed, err := uuid.Parse(named); err == nil {
		id = parsed.String()
	}
	for _, item := range items {
		if item.GetName() == named || item.GetId() == id {
			return item, nil
		}
	}
	return nil, fmt.Errorf("no %s has the name or the id %q", s.one, named)
}

func (s *shelf) listCommand() *cobra.Command {
	return catalogCommand("list", "List all "+s.use+" by their names", cobra.NoArgs, func(c *catalogCall) error {
		items, err := s.all(c)
		if err != nil {
			return err
		}
		if !c.json {
			return render.Items(c.OutOrStdout(), s.use, items)
		}
		for _, item := range items {
			if err := render.JSONLine(c.OutOrStdout(), item); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *shelf) showCommand() *cobra.Command {
	return catalogCommand("show NAME", "Show one of the "+s.use+" as JSON, named by its name or its id", cobra.ExactArgs(1), func(c *catalogCall) error {
		item, err := s.find(c, c.args[0])
		if err != nil {
			return err
		}
		if c.json {
			return render.JSONLine(c.OutOrStdout(), item)
		}
		return render.JSON(c.OutOrStdout(), item)
	})
}

func (s *shelf) createCommand() *cobra.Command {
	var description, file string
	cmd := catalogCommand("create NAME", "Save one of the "+s.use, cobra.ExactArgs(1), func(c *catalogCall) error {
		definition := s.empty()
		switch {
		case file != "":
			if err := c.readJSON(file, definition); err != nil {
				return fmt.Errorf("--file: %w", err)
			}
		case s.define == nil:
			return fmt.Errorf("give --file with the definition of the %s as JSON", s.one)
		default:
			var err error
			if definition, err = s.define(c); err != nil {
				return err
			}
		}
		item, err := s.create(c, c.args[0], description, definition)
		if err != nil {
			return fmt.Errorf("create the %s %q: %w", s.one, c.args[0], err)
		}
		if c.json {
			return render.JSONLine(c.OutOrStdout(), item)
		}
		return render.Items(c.OutOrStdout(), s.use, []render.Item{item})
	})
	cmd.Flags().StringVar(&description, "description", "", "what it is for")
	kind := strings.TrimPrefix(string(s.empty().ProtoReflect().Descriptor().FullName()), "devtrail.events.v1.")
	cmd.Flags().StringVar(&file, "file", "", "file with its definition, the JSON (protojson) of "+kind+"; - is the standard input")
	if s.flags != nil {
		s.flags(cmd)
	}
	return cmd
}

func (s *shelf) deleteCommand() *cobra.Command {
	return catalogCommand("delete NAME", "Delete one of the "+s.use+", named by its name or its id", cobra.ExactArgs(1), func(c *catalogCall) error {
		item, err := s.find(c, c.args[0])
		if err != nil {
			return err
		}
		if err := s.remove(c.Context(), c.client, item.GetId()); err != nil {
			return fmt.Errorf("delete the %s %q: %w", s.one, c.args[0], err)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "deleted %s\n", item.GetId())
		return err
	})
}
