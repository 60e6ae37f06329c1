package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/kit/schema"
)

// newFileFlags say what kind of file is begun.
type newFileFlags struct {
	engine, backfill string
	contract         []string
	soak             time.Duration
}

func newMigrateNewCommand() *cobra.Command {
	var f newFileFlags
	cmd := &cobra.Command{
		Use:   "new SERVICE NAME",
		Short: "Begin the next migration file of a service",
		Long: `Begin the next migration file of a service in the repository around the working directory, and print its path.
A backfill gets the number of the newest migration, which it follows.`,
		Example: `  devtrail migrate new identity add_nickname
  devtrail migrate new events drop_color --engine clickhouse --contract events.color --soak 48h
  devtrail migrate new identity fill_nickname --backfill developers`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.soak != schema.DefaultSoak && len(f.contract) == 0 {
				return errors.New("--soak belongs to --contract")
			}
			path, err := f.create(args[0], args[1])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), path)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.engine, "engine", "", "postgres or clickhouse, for a service that has both")
	flags.StringVar(&f.backfill, "backfill", "", "table whose rows are moved in small batches")
	flags.StringArrayVar(&f.contract, "contract", nil, "table.column or table.* that is taken away; may be given several times")
	flags.DurationVar(&f.soak, "soak", schema.DefaultSoak, "how long nobody must have used what is taken away")
	cmd.MarkFlagsMutuallyExclusive("backfill", "contract")
	return cmd
}

var newFileName = regexp.MustCompile(`^[a-z0-9]+(?:_[a-z0-9]+)*$`)

// create makes the file and returns its path.
func (f *newFileFlags) create(service, name string) (string, error) {
	if !newFileName.MatchString(name) {
		return "", fmt.Errorf("the name %q is not lower_snake_case", name)
	}
	folder, err := f.folder(service)
	if err != nil {
		return "", err
	}
	head, err := schema.Head(os.DirFS(folder))
	if err != nil {
		return "", err
	}
	number, text := head+1, f.text(name)
	if f.backfill != "" {
		if head == 0 {
			return "", fmt.Errorf("%s has no migration that the backfill could follow", folder)
		}
		number, folder = head, filepath.Join(folder, schema.BackfillsFolder)
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a folder of the repository, readable like all others
			return "", err
		}
	}
	path := filepath.Join(folder, fmt.Sprintf("%04d_%s.sql", number, name))
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the same
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	return path, f.check(path)
}

// folder is the one of the service's migrations in the repository around the working directory.
func (f *newFileFlags) folder(service string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if !newFileName.MatchString(service) {
		return "", fmt.Errorf("%q is not the name of a service", service)
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, "services", service, "migrations")
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return f.ofEngine(folder)
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no folder services/%s/migrations in %s or above it", service, here)
		}
	}
}

// ofEngine is the folder itself, or the one in it for an engine when the service has both.
func (f *newFileFlags) ofEngine(folder string) (string, error) {
	_, err := os.Stat(filepath.Join(folder, "postgres"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.engine == "":
		return folder, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("--engine: %s has the files of one engine only", folder)
	case err != nil:
		return "", err
	case f.engine != "postgres" && f.engine != "clickhouse":
		return "", fmt.Errorf("--engine %q is neither postgres nor clickhouse, and %s has both", f.engine, folder)
	}
	return filepath.Join(folder, f.engine), nil
}

// text begins a file.
func (f *newFileFlags) text(name string) string {
	lines := []string{"-- " + strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ") + "."}
	switch {
	case f.backfill != "":
		lines = append(lines, "-- devtrail: backfill "+f.backfill,
			fmt.Sprintf("-- devtrail: batch %d", schema.DefaultBatch), fmt.Sprintf("-- devtrail: latency %s", schema.DefaultBatchLatency))
	case len(f.contract) > 0:
		lines = append(lines, "-- devtrail: contract")
		for _, object := range f.contract {
			lines = append(lines, "-- devtrail: no-reader "+object)
		}
		lines = append(lines, "-- devtrail: soak "+f.soak.String())
	}
	return strings.Join(lines, "\n") + "\n"
}

// check reads the file back as the service will, and takes it away again when it would be refused.
func (f *newFileFlags) check(path string) error {
	folder := filepath.Dir(path)
	var err error
	if f.backfill != "" {
		_, err = schema.Backfills(os.DirFS(filepath.Dir(folder)))
	} else {
		_, err = schema.Files(os.DirFS(folder))
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
