package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/stack"
)

// suiteFlags say which suite is meant; up, demo and reset share them.
type suiteFlags struct {
	dataDir     string
	eventsStore string
}

func (f *suiteFlags) addDataDir(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dataDir, "data-dir", "",
		"folder of databases, keys and logs (default .devtrail of this repository)")
}

func (f *suiteFlags) addEventsStore(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.eventsStore, "events-store", "",
		"where events are kept: clickhouse or postgres (default EVENTS_STORE, else clickhouse)")
}

func newUpCommand() *cobra.Command {
	var flags suiteFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the whole suite on this machine and keep it running",
		Long: `Start PostgreSQL, ClickHouse and the four services on this machine, each in a
process of its own, and keep them running until Ctrl-C.

DEVTRAIL_POSTGRES_URL and DEVTRAIL_CLICKHOUSE_URL name servers to use instead of
the embedded engines. <SERVICE>_ADDRESS and <SERVICE>_DEBUG_ADDRESS move a
service to another port, EVENTS_HTTP_ADDRESS the HTTP door; off opens no debug
port, and no HTTP door.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUp(cmd, flags) },
	}
	flags.addDataDir(cmd)
	flags.addEventsStore(cmd)
	return cmd
}

func runUp(cmd *cobra.Command, flags suiteFlags) error {
	out := cmd.OutOrStdout()
	suite, err := startSuite(cmd, flags)
	var running *stack.RunningError
	if errors.As(err, &running) && running.State != nil {
		if flags.eventsStore != "" && flags.eventsStore != running.State.EventsStore {
			return fmt.Errorf("%w: it keeps its events in %s: stop it first", err, running.State.EventsStore)
		}
		fmt.Fprintf(out, "The suite is already running on %s (process %d).\n", running.DataDir, running.State.PID)
		printAccess(out, *running.State)
		return nil
	}
	if err != nil {
		return err
	}
	printAccess(out, suite.State)
	fmt.Fprintf(out, "\nCtrl-C stops.\n")
	<-suite.Done() // when the command's context ends
	return suite.Stop()
}

// startSuite starts the suite and shows how far it is.
func startSuite(cmd *cobra.Command, flags suiteFlags) (*stack.Suite, error) {
	out := cmd.ErrOrStderr()
	begin := time.Now()
	suite, err := stack.Up(cmd.Context(), stack.Config{
		DataDir:     flags.dataDir,
		EventsStore: flags.eventsStore,
		Note:        func(sentence string) { fmt.Fprintf(out, "  %s\n", sentence) },
		Progress:    out,
		Report:      func(e stack.Event) { printEvent(out, e) },
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "The suite stands after %s. Logs: %s\n", seconds(time.Since(begin)), suite.LogDir())
	return suite, nil
}

// printEvent writes a line about what happened to a process.
func printEvent(out io.Writer, e stack.Event) {
	switch e.State {
	case stack.Ready:
		fmt.Fprintf(out, "  %-11s ready after %s (process %d)\n", e.Name, seconds(e.Took), e.Pid)
	case stack.Waiting:
		fmt.Fprintf(out, "  %-11s is not ready after %s: %v\n", e.Name, seconds(e.Took), e.Err)
	case stack.Ended:
		fmt.Fprintf(out, "  %-11s stopped (%v); restarting\n", e.Name, e.Err)
	case stack.Stopped:
		if e.Err != nil {
			fmt.Fprintf(out, "  %-11s stopped: %v\n", e.Name, e.Err)
			return
		}
		fmt.Fprintf(out, "  %-11s stopped\n", e.Name)
	case stack.Starting: // its end is the news
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// printAccess tells how to use a running suite.
func printAccess(out io.Writer, state stack.State) {
	fmt.Fprintf(out, "\nEndpoints (gRPC with reflection)\n")
	for _, service := range []string{"migrations", "identity", "packages", "events"} {
		fmt.Fprintf(out, "  %-11s %s\n", service, state.Endpoints[service])
	}
	if address := state.HTTP["events"]; address != "" {
		fmt.Fprintf(out, "\nHTTP (events by JSON, CloudEvents, WakaTime, OpenTelemetry logs, webhooks)\n  %-11s %s\n", "events", address)
	}
	fmt.Fprintf(out, "\nKeys\n")
	for _, key := range []string{"admin", "ingest"} {
		fmt.Fprintf(out, "  %-11s %s\n", key, state.Keys[key])
	}
	fmt.Fprintf(out, "\nTry\n")
	for _, line := range stack.Examples(state) {
		fmt.Fprintf(out, "  %s\n", line)
	}
}
