package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/seed"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// seedFlags are the flags of seed.
type seedFlags struct {
	connect connectFlags
	options seed.Options
	until   string
	record  string
}

func newSeedCommand() *cobra.Command {
	var flags seedFlags
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Make up a company and send what happened there",
		Long: `Make up a company (teams, projects, editors, browsers, CI, AI coding agents, the
life of their packages, and one supply-chain incident to find) and send what
happened there. The same --seed makes the same company; sending it again changes
nothing.`,
		Example: `  devtrail seed --developers 40 --days 120
  devtrail query exposure pkg:npm/tiny-color-stream@4.1.3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	flags.connect.add(cmd, "events")
	cmd.Flags().IntVar(&flags.options.Developers, "developers", 40, "how many developers, 1 to 100000")
	cmd.Flags().IntVar(&flags.options.Days, "days", 120, "how many days, 1 to 3650")
	cmd.Flags().Uint64Var(&flags.options.Seed, "seed", 1, "which company")
	cmd.Flags().StringVar(&flags.until, "until", "", "the first day after the last, like 2026-05-01 (default today)")
	cmd.Flags().StringVar(&flags.record, "record", "", "file to write what the incident touched to, as JSON")
	return cmd
}

func (f *seedFlags) run(cmd *cobra.Command) error {
	switch {
	case f.options.Developers < 1 || f.options.Developers > 100_000:
		return errors.New("--developers is 1 to 100000")
	case f.options.Days < 1 || f.options.Days > 3650:
		return errors.New("--days is 1 to 3650")
	}
	f.options.Until = time.Now()
	if f.until != "" {
		var err error
		if f.options.Until, err = time.Parse(time.DateOnly, f.until); err != nil {
			return fmt.Errorf("--until %q is no day like 2026-05-01", f.until)
		}
	}
	connection, err := f.connect.connect("ingest")
	if err != nil {
		return err
	}
	defer connection.Close()
	conn, err := connection.to("events")
	if err != nil {
		return err
	}
	began := time.Now()
	all, record := seed.New(f.options).Events()
	var counts seed.Counts
	err = seed.Send(cmd.Context(), eventsv1.NewIngestServiceClient(conn), all, time.Now, waiting(cmd.ErrOrStderr(), nil), &counts)
	took := time.Since(began)
	fmt.Fprintf(cmd.OutOrStdout(), "%d events in %s: %d stored, %d there already, %d rejected\n",
		counts.Settled(), took.Round(time.Millisecond), counts.Stored.Load(), counts.Duplicates.Load(), counts.Rejected.Load())
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Something happened to one package. Ask who touched it:\n\n  devtrail query exposure %s\n", record.Purl)
	if f.record == "" {
		return nil
	}
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(f.record, append(data, '\n'), 0o600)
}
