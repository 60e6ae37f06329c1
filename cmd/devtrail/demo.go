package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/importer"
	"devtrail.dev/cmd/devtrail/internal/manifests"
	"devtrail.dev/cmd/devtrail/internal/render"
	"devtrail.dev/stack"
)

func newDemoCommand() *cobra.Command {
	var flags suiteFlags
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo [REPOSITORY]",
		Short: "Start the suite, import a Git history and answer three questions about it",
		Long: `Start the suite (or use the one that runs), import the history of a Git
repository (default: the one you stand in) and answer three questions about it:
which package most developers touched, how many commits there were by week, and
what changed last. Then stop the suite, unless --keep is given.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			repository := "."
			if len(args) == 1 {
				repository = args[0]
			}
			return runDemo(cmd, flags, repository, keep)
		},
	}
	flags.addDataDir(cmd)
	flags.addEventsStore(cmd)
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the suite running afterwards")
	return cmd
}

func runDemo(cmd *cobra.Command, flags suiteFlags, repository string, keep bool) error {
	suite, err := startSuite(cmd, flags)
	var running *stack.RunningError
	if errors.As(err, &running) && running.State != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "Using the suite that runs on %s.\n", running.DataDir)
		return demonstrate(cmd, running.DataDir, *running.State, repository)
	}
	if err != nil {
		return err
	}
	err = demonstrate(cmd, suite.DataDir(), suite.State, repository)
	if err == nil && keep {
		printAccess(cmd.OutOrStdout(), suite.State)
		fmt.Fprintf(cmd.OutOrStdout(), "\nCtrl-C stops.\n")
		<-suite.Done()
	}
	return errors.Join(err, suite.Stop())
}

// demonstrate imports the repository and prints the answers.
func demonstrate(cmd *cobra.Command, dataDir string, state stack.State, repository string) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	s, err := openSurvey(state)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(out, "\nImporting the history of %s\n\n", repository)
	summary, err := s.importGit(cmd, dataDir, repository)
	if err != nil {
		return err
	}
	if err := render.Summary(out, summary); err != nil {
		return err
	}
	s.project = summary.Project
	for i, question := range []struct {
		title  string
		answer func(context.Context, io.Writer) error
	}{
		{"Which package did most developers touch, who added it and when?", s.popularPackage},
		{"How many commits were there by week?", s.commitsByWeek},
		{"Which packages changed last?", s.latestChanges},
	} {
		fmt.Fprintf(out, "\n%d. %s\n\n", i+1, question.title)
		if err := question.answer(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// importGit imports the repository as `import git` does, with the same memory
// of what is stored already.
func (s *survey) importGit(cmd *cobra.Command, dataDir, repository string) (importer.Summary, error) {
	options := importer.Options{
		Checkpoints: &importer.Checkpoints{Dir: filepath.Join(dataDir, "imports"), Server: s.server},
		Formats:     manifests.Formats{},
		Path:        repository,
	}
	progress := newProgress(cmd.ErrOrStderr())
	if progress != nil {
		options.Progress = progress
	}
	defer progress.end()
	return importer.New(s.ingest, s.inventory, time.Now).Run(cmd.Context(), options)
}
