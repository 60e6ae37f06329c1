package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/spf13/cobra"

	"devtrail.dev/cmd/devtrail/internal/people"
	"devtrail.dev/cmd/devtrail/internal/render"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// tailFlags are the flags of tail.
type tailFlags struct {
	query  queryFlags
	filter filterFlags
	names  []string
	count  int
}

func newTailCommand() *cobra.Command {
	var flags tailFlags
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Watch events come in",
		Long: `Print events as the events service accepts them, until Ctrl-C. What comes in too
fast to be printed is skipped, and the number of skipped events is printed.`,
		Example: `  devtrail tail --name package.added --project github.com/example/shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	flags.query.connect.add(cmd, "events", "identity")
	flags.filter.add(cmd)
	cmd.Flags().StringVar(&flags.query.time.zone, "time-zone", "UTC", "IANA name of the time zone of the output")
	cmd.Flags().BoolVar(&flags.query.json, "json", false, "print each event as a line of JSON (protojson)")
	cmd.Flags().StringArrayVar(&flags.names, "name", nil, "only events of this name, as package.added; may be given several times")
	cmd.Flags().IntVar(&flags.count, "count", 0, "end after so many events (default never)")
	return cmd
}

func (f *tailFlags) run(cmd *cobra.Command) error {
	if f.count < 0 {
		return fmt.Errorf("--count: %d is less than 0", f.count)
	}
	ask, err := f.query.ask()
	if err != nil {
		return err
	}
	defer ask.Close()
	filter, err := f.filter.filter(cmd.Context(), ask, f.names...)
	if err != nil {
		return err
	}
	conn, err := ask.to("events")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	stream, err := eventsv1.NewEventServiceClient(conn).TailEvents(ctx, &eventsv1.TailEventsRequest{Filter: filter})
	if err != nil {
		return fmt.Errorf("watch events: %w", err)
	}
	watch := watcher{ask: ask, json: f.query.json, names: people.Names{}, out: cmd.OutOrStdout(), zone: ask.zone}
	for f.count == 0 || watch.printed < f.count {
		message, err := stream.Recv()
		if err != nil {
			return ended(cmd.Context(), err)
		}
		list := message.GetEvents()
		if f.count > 0 {
			list = list[:min(len(list), f.count-watch.printed)]
		}
		if skipped := message.GetSkippedCount(); skipped > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "skipped %d events\n", skipped)
		}
		if err := watch.print(cmd.Context(), list); err != nil {
			return ended(cmd.Context(), err)
		}
	}
	return nil
}

// ended says how a watch ended: by Ctrl-C is as it should be.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil && !errors.Is(err, io.EOF) && !errors.Is(err, fault.Canceled) {
		return fmt.Errorf("watch events: %w", err)
	}
	return nil
}

// watcher prints events and remembers the names of those whose they are.
type watcher struct {
	ask     *asking
	json    bool
	names   people.Names
	out     io.Writer
	printed int
	zone    *time.Location
}

func (w *watcher) print(ctx context.Context, list []*eventsv1.Event) error {
	var unknown []string
	for _, event := range list {
		if _, known := w.names[event.GetDeveloperId()]; !known {
			unknown = append(unknown, event.GetDeveloperId())
		}
	}
	if len(unknown) > 0 && !w.json {
		found, err := w.ask.names(ctx, unknown)
		if err != nil && !errors.Is(err, fault.Unavailable) { // then ids are shown, and the next events ask again
			return err
		}
		maps.Copy(w.names, found)
	}
	for _, event := range list {
		w.printed++
		if err := render.Line(w.out, event, w.names, w.zone, w.json); err != nil {
			return err
		}
	}
	return nil
}
