package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/importer"
	"devtrail.dev/cmd/devtrail/internal/manifests"
	"devtrail.dev/cmd/devtrail/internal/render"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	packagesv1 "devtrail.dev/proto/gen/devtrail/packages/v1"
)

func newImportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring in what happened before"}
	cmd.AddCommand(newImportGitCommand())
	return cmd
}

// importFlags are the flags of import git.
type importFlags struct {
	connect   connectFlags
	project   string
	revision  string
	fromStart bool
}

func newImportGitCommand() *cobra.Command {
	var flags importFlags
	cmd := &cobra.Command{
		Use:   "git PATH",
		Short: "Import the history of a Git repository",
		Long: `Import the history of a Git repository: one commit.authored event for each
commit and, for each commit that changes a lock file or manifest, the packages
that it adds, removes and changes. Merges count only for what none of their
parents has. The lock files of the newest revision go to the packages service.

It may be interrupted and repeated at any time: what is stored counts once.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return flags.run(cmd, args[0]) },
	}
	flags.connect.add(cmd, "events", "packages")
	cmd.Flags().StringVar(&flags.project, "project", "", "name of the project (default host/owner/name of the remote origin, else local/<name of the folder>)")
	cmd.Flags().StringVar(&flags.revision, "revision", "HEAD", "newest commit to import; its ancestors come with it")
	cmd.Flags().BoolVar(&flags.fromStart, "from-start", false, "send everything again, also what an earlier import is known to have stored")
	return cmd
}

func (f *importFlags) run(cmd *cobra.Command, path string) error {
	connection, err := f.connect.connect("ingest")
	if err != nil {
		return err
	}
	defer connection.Close()
	options := importer.Options{Path: path, Project: f.project, Revision: f.revision}
	if !f.fromStart {
		dir, err := connection.stateDir()
		if err != nil {
			return err
		}
		options.Checkpoints = &importer.Checkpoints{Dir: filepath.Join(dir, "imports"), Server: connection.addresses["events"]}
	}
	progress := newProgress(cmd.ErrOrStderr())
	options.Waiting = waiting(cmd.ErrOrStderr(), progress)
	if progress != nil {
		options.Progress = progress
	}
	summary, err := importGit(cmd.Context(), connection, options)
	progress.end()
	if summary.Project != "" {
		if printed := render.Summary(cmd.OutOrStdout(), summary); err == nil {
			err = printed
		}
	}
	return err
}

// importGit imports a history over a connection.
func importGit(ctx context.Context, connection *connection, options importer.Options) (importer.Summary, error) {
	events, err := connection.to("events")
	if err != nil {
		return importer.Summary{}, err
	}
	packages, err := connection.to("packages")
	if err != nil {
		return importer.Summary{}, err
	}
	options.Formats = manifests.Formats{}
	return importer.New(eventsv1.NewIngestServiceClient(events), packagesv1.NewInventoryServiceClient(packages), time.Now).Run(ctx, options)
}
