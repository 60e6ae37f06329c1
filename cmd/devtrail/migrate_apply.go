package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

func newMigrateApplyCommand() *cobra.Command {
	fingerprint := ""
	cmd := migrateCommand("apply DATABASE", "Apply what waits, and follow it", cobra.ExactArgs(1), func(c *migrateCall) error {
		stream, err := c.migrations().ApplyDatabase(c.Context(), &migrationsv1.ApplyDatabaseRequest{Database: c.arg(0), PlanFingerprint: fingerprint})
		if err == nil {
			err = receive(stream, func(step *migrationsv1.ApplyDatabaseResponse) (bool, error) {
				return true, show(c, step, render.MigrationStep)
			})
		}
		if err != nil {
			return fmt.Errorf("apply what waits in %q: %w", c.arg(0), err)
		}
		return nil
	})
	cmd.Long = `Apply what waits in a database and print every step. Contract files whose gate is closed are passed over. Nothing is asked.
The attempt goes on in the service when this command is interrupted.`
	cmd.Flags().StringVar(&fingerprint, "plan", "", "fingerprint of the plan that was looked at; the command fails when it no longer fits")
	return cmd
}

func newMigrateOverrideCommand() *cobra.Command {
	reason := ""
	cmd := migrateCommand("override DATABASE FILE RULE", "Let a file pass a rule of lint, or its gate", cobra.ExactArgs(3), func(c *migrateCall) error {
		if reason == "" {
			return errors.New("--reason is needed: it is kept in the history")
		}
		answer, err := c.migrations().OverrideStep(c.Context(), &migrationsv1.OverrideStepRequest{Database: c.arg(0), File: c.arg(1), Rule: c.arg(2), Reason: reason})
		if err != nil {
			return fmt.Errorf("let %s pass %q: %w", c.arg(1), c.arg(2), err)
		}
		return show(c, answer, render.MigrationOverride)
	})
	cmd.Example = `  devtrail migrate override identity 0042_drop_nickname.sql gate --reason "the last reader was stopped by hand"`
	cmd.Flags().StringVar(&reason, "reason", "", "why it is safe; kept in the history with your key")
	return cmd
}

func newMigrateBaselineCommand() *cobra.Command {
	return migrateCommand("baseline DATABASE VERSION", "Record files up to a version as applied without running them", cobra.ExactArgs(2), func(c *migrateCall) error {
		version, err := strconv.ParseInt(c.arg(1), 10, 64)
		if err != nil {
			return fmt.Errorf("version %q is not a number", c.arg(1))
		}
		answer, err := c.migrations().BaselineDatabase(c.Context(), &migrationsv1.BaselineDatabaseRequest{Database: c.arg(0), Version: version})
		if err != nil {
			return fmt.Errorf("baseline %q: %w", c.arg(0), err)
		}
		if c.json {
			return render.JSONLine(c.OutOrStdout(), answer)
		}
		return render.MigrationStatus(c.OutOrStdout(), &migrationsv1.GetStatusResponse{Databases: []*migrationsv1.DatabaseStatus{answer.GetDatabase()}})
	})
}
