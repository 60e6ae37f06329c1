package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"devtrail.dev/stack"
)

func newResetCommand() *cobra.Command {
	var flags suiteFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Drop the databases of the suite",
		Long: `Drop the databases of the suite: the data of the embedded engines, or the
databases by name on the servers that DEVTRAIL_POSTGRES_URL and
DEVTRAIL_CLICKHOUSE_URL name. Keys and logs stay. The suite must not be running.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReset(cmd, flags, yes) },
	}
	flags.addDataDir(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func runReset(cmd *cobra.Command, flags suiteFlags, yes bool) error {
	out := cmd.OutOrStdout()
	cfg := stack.Config{DataDir: flags.dataDir}
	targets, err := stack.ResetTargets(cfg)
	if err != nil {
		return err
	}
	if !yes {
		fmt.Fprintf(out, "This drops all events, developers, packages and keys in the databases of\n")
		for _, target := range targets {
			fmt.Fprintf(out, "  %s\n", target)
		}
		sure, err := ask(cmd.InOrStdin(), out, "Type yes to go on: ")
		if err != nil {
			return err
		}
		if !sure {
			return errors.New("nothing was dropped")
		}
	}
	removed, err := stack.Reset(cmd.Context(), cfg)
	for _, what := range removed {
		fmt.Fprintf(out, "dropped %s\n", what)
	}
	if err == nil && len(removed) == 0 {
		fmt.Fprintln(out, "there was nothing to drop")
	}
	return err
}

// ask puts a question; only the word yes agrees.
func ask(in io.Reader, out io.Writer, question string) (bool, error) {
	fmt.Fprint(out, question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return strings.EqualFold(strings.TrimSpace(line), "yes"), nil
}
