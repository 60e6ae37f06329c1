// Command merges measures what merges of developers cost and how soon they show: each kind of question with one and with 1,000 merges, pending and
// folded, as ratios to the same question without, in turns; and the time from a merge to the first answers that know it.
//
//	go run ./bench/merges                              two million events in all, on ClickHouse and then on Postgres
//	go run ./bench/merges -store postgres -rounds 50
//
// The measurements themselves are BenchmarkMerges and BenchmarkMergeShows of services/events/server, where the service and its engines are at hand.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"devtrail.dev/bench/internal/eventsbench"
)

func main() {
	store := flag.String("store", "", "clickhouse or postgres; both when empty")
	events := flag.Int("events", 2_000_000, "how many events there are, a fifth of them in each organization")
	database := flag.String("database", "", "URL of a database that an earlier run with one store filled and kept (DEVTRAIL_TEST_KEEP=1 DEVTRAIL_TEST_GRACE=1h)")
	rounds := flag.Int("rounds", 15, "how often each question is asked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	settings := []string{"EVENTS_BENCH_EVENTS=" + strconv.Itoa(*events)}
	if *store != "" {
		settings = append(settings, "EVENTS_BENCH_STORE="+*store)
	}
	if *database != "" {
		settings = append(settings, "EVENTS_BENCH_DATABASE="+*database)
	}
	if err := eventsbench.Run(ctx, "^BenchmarkMerge", *rounds, settings...); err != nil {
		fmt.Fprintln(os.Stderr, "merges:", err)
		os.Exit(1)
	}
}
