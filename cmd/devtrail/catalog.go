package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func newCatalogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "What is known of events and properties, and what people saved: actions, cohorts, insights",
		Example: `  devtrail catalog events
  devtrail catalog properties --event package.added
  devtrail catalog event package.added --description "A manifest gained a package" --verified
  devtrail catalog cohorts create payments --developer ada@example.org
  devtrail catalog promotions suggest
  devtrail catalog insights create installs --file installs.json
  devtrail query --saved installs`,
	}
	cmd.AddCommand(newCatalogEventsCommand(), newCatalogPropertiesCommand(), newCatalogEventCommand(), newCatalogPropertyCommand(), newCatalogInternalCommand(),
		newCatalogPromotionsCommand())
	for _, s := range shelves() {
		cmd.AddCommand(s.command())
	}
	return cmd
}

// catalogCall is one call of the CatalogService on behalf of a command.
type catalogCall struct {
	*cobra.Command
	*asking
	client eventsv1.CatalogServiceClient
	args   []string
	json   bool
}

// catalogCommand makes a command that calls the service.
func catalogCommand(use, short string, args cobra.PositionalArgs, run func(*catalogCall) error) *cobra.Command {
	var connect connectFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			connection, err := connect.connect("admin")
			if err != nil {
				return err
			}
			defer connection.Close()
			conn, err := connection.to("events")
			if err != nil {
				return err
			}
			return run(&catalogCall{Command: cmd, asking: &asking{connection: connection}, client: eventsv1.NewCatalogServiceClient(conn), args: args, json: asJSON})
		},
	}
	connect.add(cmd, "events", "identity")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each answer as a line of JSON (protojson)")
	return cmd
}

// catalogShow prints an answer: as a line of JSON, or for people.
func catalogShow[M proto.Message](c *catalogCall, message M, people func(io.Writer, M) error) error {
	if c.json {
		return render.JSONLine(c.OutOrStdout(), message)
	}
	return people(c.OutOrStdout(), message)
}

// readJSON reads a message from a file; - is the standard input.
func (c *catalogCall) readJSON(file string, into proto.Message) error {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(c.InOrStdin())
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return err
	}
	return protojson.Unmarshal(text, into)
}
