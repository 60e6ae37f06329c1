package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/cmd/devtrail/internal/render"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

func newMigrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Write, judge, plan and apply schema changes, and see how they stand",
		Long: `Write, judge, plan and apply schema changes, and see how they stand.

new and lint work on files; all others call the migrations service with an operator's key: that of the suite
on this machine, or the one in --key or DEVTRAIL_KEY.`,
	}
	cmd.AddCommand(
		newMigrateNewCommand(), newMigrateLintCommand(), newMigrateStatusCommand(), newMigratePlanCommand(), newMigrateApplyCommand(),
		newMigrateHistoryCommand(), newMigrateDriftCommand(), newMigrateGatesCommand(), newMigrateOverrideCommand(), newMigrateBaselineCommand(),
		newMigrateBackfillCommand(),
	)
	return cmd
}

// migrateFlags are the flags of the commands that call the migrations service.
type migrateFlags struct {
	connect connectFlags
	json    bool
}

// migrateCommand makes a command that calls the service; run gets the connection and prints by show.
func migrateCommand(use, short string, args cobra.PositionalArgs, run func(*migrateCall) error) *cobra.Command {
	var flags migrateFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			connection, err := flags.connect.connect("operator")
			if err != nil {
				return err
			}
			defer connection.Close()
			conn, err := connection.to("migrations")
			if err != nil {
				return err
			}
			return run(&migrateCall{Command: cmd, args: args, conn: conn, json: flags.json})
		},
	}
	flags.connect.add(cmd, "migrations")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print each answer as a line of JSON (protojson)")
	return cmd
}

// migrateCall is one call of the service on behalf of a command.
type migrateCall struct {
	*cobra.Command
	args []string
	conn *grpc.ClientConn
	json bool
}

func (c *migrateCall) migrations() migrationsv1.MigrationServiceClient {
	return migrationsv1.NewMigrationServiceClient(c.conn)
}

func (c *migrateCall) backfills() migrationsv1.BackfillServiceClient {
	return migrationsv1.NewBackfillServiceClient(c.conn)
}

// arg is the argument of a number, "" when it was left out.
func (c *migrateCall) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

// show prints an answer: as a line of JSON, or for people.
func show[M proto.Message](c *migrateCall, message M, people func(io.Writer, M) error) error {
	if c.json {
		return render.JSONLine(c.OutOrStdout(), message)
	}
	return people(c.OutOrStdout(), message)
}

// receive calls each for every message of a stream, until the stream ends or each says that it is enough.
func receive[M any](stream grpc.ServerStreamingClient[M], each func(*M) (bool, error)) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err := each(message); err != nil || !more {
			return err
		}
	}
}
