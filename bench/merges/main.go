// Command merges measures what merges of developers cost and how soon they show: each kind of question with 1,000 and 10,000 pending merges and with 10,000
// folded ones, as ratios to the same question without, in turns, on ClickHouse and on Postgres; and the time from a merge to the first answers that know it.
//
//	go run ./bench/merges              fifteen rounds
//	go run ./bench/merges -rounds 50
//
// The measurements themselves are BenchmarkMerges and BenchmarkMergeShows of services/events/server, where the service and its engines are at hand.
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
	rounds := flag.Int("rounds", 15, "how often each question is asked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := eventsbench.Run(ctx, "^BenchmarkMerge", *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "merges:", err)
		os.Exit(1)
	}
}
