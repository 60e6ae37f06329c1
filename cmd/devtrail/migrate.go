package main

import "github.com/spf13/cobra"

func newMigrateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Judge schema changes"}
	cmd.AddCommand(newMigrateLintCommand())
	return cmd
}
