package main

import "github.com/spf13/cobra"

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "devtrail",
		Short: "Who touched which package, when and where",
		Long: `Devtrail stores what developers do with their tools, attributes it to one
developer and to the packages it touches, and answers who touched a package.`,
		SilenceErrors: true, // main prints them, once
		SilenceUsage:  true,
	}
	root.AddCommand(newUpCommand(), newDemoCommand(), newResetCommand(), newImportCommand(), newSeedCommand(), newQueryCommand(), newCatalogCommand(), newTailCommand(), newMigrateCommand(), newEnvCommand())
	return root
}
