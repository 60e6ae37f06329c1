package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"devtrail.dev/services/migrations/lint"
)

// errUnsafe ends the command with a failure after the findings have been printed.
var errUnsafe = errors.New("a migration is not safe to apply as it is")

// serverVersion is how both engines write theirs.
var serverVersion = regexp.MustCompile(`^[1-9][0-9]*(\.[0-9]+)*$`)

// lintFlags are the settings of one run.
type lintFlags struct {
	engine, format, serverVersion string
	clickhouseURL, databaseURL    string
	schema, hotTables, policies   []string
	separate                      bool
}

func newMigrateLintCommand() *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Say which statements of SQL files could take a running suite down, and the safe way",
		Long: `Judge SQL files in the order given, each upon the schema that the files before it leave.
What --schema names is read first and not judged: the migrations that are applied already.
A finding is suppressed by a comment with a reason before the statement:

  -- devtrail:ignore rule-name why it is safe here

None suppresses a gate: what takes something away waits in a file that begins with "-- devtrail: contract", or for an override.

A server that is reachable says more: ClickHouse's own parser judges the syntax (--clickhouse-url), Postgres estimates how many rows
a statement touches (--database-url). Neither carries a statement out.

The exit code is 1 when a finding is an error or a warning that no comment suppresses.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.engine, "engine", string(lint.Postgres), "postgres or clickhouse")
	flags.StringVar(&f.format, "format", "text", "text or sarif")
	flags.StringVar(&f.serverVersion, "server-version", "", "version of the server the files are for")
	flags.StringArrayVar(&f.schema, "schema", nil, "file that is applied already; may be given several times")
	flags.StringArrayVar(&f.hotTables, "hot-table", nil, "table under constant use; may be given several times")
	flags.StringArrayVar(&f.policies, "policy", nil, "policy rule to switch on, or * for all; may be given several times")
	flags.StringVar(&f.clickhouseURL, "clickhouse-url", "", "ClickHouse server whose parser judges the syntax")
	flags.StringVar(&f.databaseURL, "database-url", "", "Postgres database that estimates how many rows are touched")
	flags.BoolVar(&f.separate, "separate-transactions", false, "statements commit one by one instead of a file at a time")
	return cmd
}

func (f *lintFlags) run(cmd *cobra.Command, paths []string) error {
	schema, err := readFiles(f.schema)
	if err != nil {
		return err
	}
	files, err := readFiles(paths)
	if err != nil {
		return err
	}
	engine := lint.Engine(f.engine)
	if err := f.checkPolicies(engine); err != nil {
		return err
	}
	if f.serverVersion != "" && !serverVersion.MatchString(f.serverVersion) {
		return fmt.Errorf("--server-version %q is no version: write it as 18, 14.2 or 26.7", f.serverVersion)
	}
	opts := lint.Options{
		HotTables:     f.hotTables,
		InTransaction: engine == lint.Postgres && !f.separate,
		Policies:      f.policies,
		ServerVersion: f.serverVersion,
		TimeoutsSet:   true, // the runner sets them
	}
	done, err := f.askServer(cmd.Context(), &opts)
	defer done()
	if err != nil {
		return err
	}
	found, err := lint.Lint(engine, schema, files, opts)
	if err != nil {
		return err
	}
	switch f.format {
	case "text":
		err = lint.WriteText(cmd.OutOrStdout(), found)
	case "sarif":
		err = lint.WriteSARIF(cmd.OutOrStdout(), engine, found)
	default:
		return fmt.Errorf("--format %q is neither text nor sarif", f.format)
	}
	if err != nil {
		return err
	}
	if lint.Failing(found) {
		return errUnsafe
	}
	return nil
}

// checkPolicies refuses a policy that does not exist: files would pass for judged by it.
func (f *lintFlags) checkPolicies(engine lint.Engine) error {
	rules, err := lint.Rules(engine)
	if err != nil {
		return err
	}
	known := []string{"*"}
	for _, r := range rules {
		if r.Severity == lint.Policy {
			known = append(known, r.Name)
		}
	}
	for _, policy := range f.policies {
		if !slices.Contains(known, policy) {
			return fmt.Errorf("--policy %q is none of %s, those are %s", policy, engine, strings.Join(known, ", "))
		}
	}
	return nil
}

func readFiles(paths []string) ([]lint.File, error) {
	files := make([]lint.File, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files = append(files, lint.File{Name: path, SQL: string(text)})
	}
	return files, nil
}
