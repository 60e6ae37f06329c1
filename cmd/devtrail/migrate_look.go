package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// errDrift ends the command with a failure after the differences have been printed.
var errDrift = errors.New("a schema is not what its files make")

func newMigrateStatusCommand() *cobra.Command {
	return migrateCommand("status", "How every database stands against the files of the service", cobra.NoArgs, func(c *migrateCall) error {
		answer, err := c.migrations().GetStatus(c.Context(), &migrationsv1.GetStatusRequest{})
		if err != nil {
			return fmt.Errorf("ask how the databases stand: %w", err)
		}
		return show(c, answer, render.MigrationStatus)
	})
}

func newMigratePlanCommand() *cobra.Command {
	return migrateCommand("plan DATABASE", "What would be applied, with the locks, rewrites and scans of every statement", cobra.ExactArgs(1), func(c *migrateCall) error {
		answer, err := c.migrations().PlanDatabase(c.Context(), &migrationsv1.PlanDatabaseRequest{Database: c.arg(0)})
		if err != nil {
			return fmt.Errorf("plan %q: %w", c.arg(0), err)
		}
		return show(c, answer, render.MigrationPlan)
	})
}

func newMigrateHistoryCommand() *cobra.Command {
	limit := 0
	cmd := migrateCommand("history DATABASE", "What was applied, newest first", cobra.ExactArgs(1), func(c *migrateCall) error {
		if limit < 1 {
			return fmt.Errorf("--limit: %d is less than 1", limit)
		}
		all := &migrationsv1.ListHistoryResponse{}
		for {
			page, err := c.migrations().ListHistory(c.Context(), &migrationsv1.ListHistoryRequest{
				Database: c.arg(0), PageSize: int32(min(limit-len(all.GetEntries()), 1000)), PageToken: all.GetNextPageToken(),
			})
			if err != nil {
				return fmt.Errorf("ask for the history of %q: %w", c.arg(0), err)
			}
			all.Entries, all.NextPageToken = append(all.GetEntries(), page.GetEntries()...), page.GetNextPageToken()
			if all.GetNextPageToken() == "" || len(all.GetEntries()) >= limit {
				return show(c, all, render.MigrationHistory)
			}
		}
	})
	cmd.Flags().IntVar(&limit, "limit", 100, "how many entries at most")
	return cmd
}

func newMigrateDriftCommand() *cobra.Command {
	cmd := migrateCommand("drift [DATABASE]", "Where a live schema is not what its files make", cobra.MaximumNArgs(1), func(c *migrateCall) error {
		names := c.args
		if len(names) == 0 {
			status, err := c.migrations().GetStatus(c.Context(), &migrationsv1.GetStatusRequest{})
			if err != nil {
				return fmt.Errorf("ask for the databases: %w", err)
			}
			for _, d := range status.GetDatabases() {
				names = append(names, d.GetDatabase())
			}
		}
		found := 0
		for _, name := range names {
			answer, err := c.migrations().GetDrift(c.Context(), &migrationsv1.GetDriftRequest{Database: name})
			if err != nil {
				return fmt.Errorf("look for drift of %q: %w", name, err)
			}
			found += len(answer.GetDifferences())
			if c.json {
				err = render.JSONLine(c.OutOrStdout(), answer)
			} else {
				err = render.MigrationDrift(c.OutOrStdout(), name, answer)
			}
			if err != nil {
				return err
			}
		}
		if found > 0 {
			return errDrift
		}
		return nil
	})
	cmd.Long = "Compare the live schema of a database, or of all, with what its applied files make. The exit code is 1 when there is a difference."
	return cmd
}

func newMigrateGatesCommand() *cobra.Command {
	return migrateCommand("gates [DATABASE]", "Which contract files may be applied, and who is in the way of the others", cobra.MaximumNArgs(1), func(c *migrateCall) error {
		answer, err := c.migrations().ListGates(c.Context(), &migrationsv1.ListGatesRequest{Database: c.arg(0)})
		if err != nil {
			return fmt.Errorf("ask for the gates: %w", err)
		}
		return show(c, answer, render.MigrationGates)
	})
}
