package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/render"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

func newMigrateBackfillCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "backfill", Short: "See, stop and resume the movement of rows in small batches"}
	cmd.AddCommand(
		newBackfillListCommand(),
		newBackfillWatchCommand(),
		newBackfillMoveCommand("pause", "End the work after the batch in hand; it stays paused over restarts",
			func(ctx context.Context, c migrationsv1.BackfillServiceClient, database, name string) (*migrationsv1.Backfill, error) {
				answer, err := c.PauseBackfill(ctx, &migrationsv1.PauseBackfillRequest{Database: database, Name: name})
				return answer.GetBackfill(), err
			}),
		newBackfillMoveCommand("resume", "Go on at the checkpoint of a backfill that was paused, cancelled or failed",
			func(ctx context.Context, c migrationsv1.BackfillServiceClient, database, name string) (*migrationsv1.Backfill, error) {
				answer, err := c.ResumeBackfill(ctx, &migrationsv1.ResumeBackfillRequest{Database: database, Name: name})
				return answer.GetBackfill(), err
			}),
		newBackfillMoveCommand("cancel", "End the batch in hand, which is rolled back, and the work",
			func(ctx context.Context, c migrationsv1.BackfillServiceClient, database, name string) (*migrationsv1.Backfill, error) {
				answer, err := c.CancelBackfill(ctx, &migrationsv1.CancelBackfillRequest{Database: database, Name: name})
				return answer.GetBackfill(), err
			}),
	)
	return cmd
}

func newBackfillListCommand() *cobra.Command {
	return migrateCommand("list [DATABASE]", "How every backfill stands", cobra.MaximumNArgs(1), func(c *migrateCall) error {
		answer, err := c.backfills().ListBackfills(c.Context(), &migrationsv1.ListBackfillsRequest{Database: c.arg(0)})
		if err != nil {
			return fmt.Errorf("ask for the backfills: %w", err)
		}
		return show(c, answer, render.Backfills)
	})
}

func newBackfillMoveCommand(verb, short string, move func(ctx context.Context, c migrationsv1.BackfillServiceClient, database, name string) (*migrationsv1.Backfill, error)) *cobra.Command {
	return migrateCommand(verb+" DATABASE NAME", short, cobra.ExactArgs(2), func(c *migrateCall) error {
		b, err := move(c.Context(), c.backfills(), c.arg(0), c.arg(1))
		if err != nil {
			return fmt.Errorf("%s the backfill: %w", verb, err)
		}
		return show(c, b, render.Backfill)
	})
}

func newBackfillWatchCommand() *cobra.Command {
	cmd := migrateCommand("watch DATABASE NAME", "Follow a backfill to its end", cobra.ExactArgs(2), func(c *migrateCall) error {
		stream, err := c.backfills().WatchBackfill(c.Context(), &migrationsv1.WatchBackfillRequest{Database: c.arg(0), Name: c.arg(1)})
		if err != nil {
			return fmt.Errorf("watch the backfill: %w", err)
		}
		err = receive(stream, func(answer *migrationsv1.WatchBackfillResponse) (bool, error) {
			b := answer.GetBackfill()
			if err := show(c, b, render.Backfill); err != nil {
				return false, err
			}
			switch b.GetState() {
			case migrationsv1.BackfillState_BACKFILL_STATE_FAILED, migrationsv1.BackfillState_BACKFILL_STATE_CANCELLED:
				return false, fmt.Errorf("the backfill %s of %s will not go on before it is resumed", b.GetName(), b.GetDatabase())
			}
			return true, nil
		})
		if err != nil {
			return fmt.Errorf("watch the backfill: %w", err)
		}
		return nil
	})
	cmd.Long = "Print how a backfill stands now and after every change. The exit code is 0 when it is done, and 1 when it failed or was cancelled."
	return cmd
}
