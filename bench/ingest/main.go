// Command ingest measures what the events service takes in, lean events of 180 bytes and fat ones of 820, 100 a request: events acknowledged a second at
// DURABLE and stored a second at STORED, each as a ratio to what a bare client inserts over two connections into the same table on the same ClickHouse, in
// turns on the same machine; CPU for an event, and for a request beside what gRPC's own server takes for an empty call; how large blocks were; and, at half load,
// how long answers take and how soon queries find events.
// The service runs as it is shipped, in a process of its own, with authentication, validation, limits and dedupe.
//
//	go run ./bench/ingest                       three rounds
//	go run ./bench/ingest -rounds 20
//	go run ./bench/ingest -profile /tmp/cpu     also writes CPU profiles of the service into a folder
//	go run ./bench/ingest -pgo services/events/cmd/events/default.pgo     also makes of them the profile by which the service is compiled
//
// The measurement itself is BenchmarkIngest of services/events/server, where the service and its engines are at hand.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"devtrail.dev/bench/internal/eventsbench"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often each side is measured")
	profile := flag.String("profile", "", "a folder for CPU profiles of the service; empty: none")
	pgo := flag.String("pgo", "", "a file for one profile of all rounds, as the compiler takes it; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *rounds, *profile, *pgo); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, profiles, pgo string) error {
	if pgo != "" && profiles == "" {
		var err error
		if profiles, err = os.MkdirTemp("", "devtrail-profiles-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(profiles) }()
	}
	if profiles != "" {
		if err := os.MkdirAll(profiles, 0o700); err != nil {
			return err
		}
	}
	err := eventsbench.Run(ctx, "^BenchmarkIngest$", rounds, "DEVTRAIL_BENCH_PROFILE="+profiles)
	if err != nil || pgo == "" {
		return err
	}
	return writePGO(pgo, profiles)
}
