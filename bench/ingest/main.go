// Command ingest measures what the events service takes in: lean events acknowledged a second at DURABLE, and stored a second, each as a ratio to what a
// bare client inserts into the same table on the same ClickHouse, in turns on the same machine. The service runs as it is shipped, in a process of its own.
//
//	go run ./bench/ingest              five rounds
//	go run ./bench/ingest -rounds 20
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
	rounds := flag.Int("rounds", 5, "how often each side is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := eventsbench.Run(ctx, "^BenchmarkIngest$", *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}
