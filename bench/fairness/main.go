// Command fairness measures what 50 callers of one organization who ask heavy questions without a pause cost another that asks a light one: how long
// it waits alone and beside them, in turns, and that none of its questions is refused or waits for its turn behind theirs. The service runs as it is shipped,
// in a process of its own, on ClickHouse.
//
//	go run ./bench/fairness                     three rounds on a million events
//	go run ./bench/fairness -events 5000000
//
// The measurement itself is BenchmarkFairness of services/events/server, where the service and its engines are at hand.
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
	size := flag.Int("events", 1_000_000, "how many events are stored; half of them are of the organization that asks much")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := eventsbench.Run(ctx, "^BenchmarkFairness$", *rounds, fmt.Sprintf("EVENTS_BENCH_EVENTS=%d", *size)); err != nil {
		fmt.Fprintln(os.Stderr, "fairness:", err)
		os.Exit(1)
	}
}
