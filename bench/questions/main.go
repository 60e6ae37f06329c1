// Command questions asks each kind of question through the contract and by a hand-written statement for the same, in turns, on one database of one run, and
// prints the ratios of the medians.
//
//	go run ./bench/questions                            20 million events on ClickHouse, half of them in the asked organization
//	go run ./bench/questions -store postgres -events 5000000
//	go run ./bench/questions -events 20000000,100000000  also how the times grow
//
// The measurement itself is BenchmarkQuestions of services/events/server; the statements are in its testdata/questions.
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
	store := flag.String("store", "clickhouse", "clickhouse or postgres")
	events := flag.String("events", "20000000", "how many events there are; several numbers, apart by commas, are asked one after the other and compared")
	database := flag.String("database", "", "URL of a database that an earlier run filled and kept (DEVTRAIL_TEST_KEEP=1 DEVTRAIL_TEST_GRACE=1h)")
	kinds := flag.String("kinds", "", "which kinds of questions are asked, apart by commas; all when empty")
	rounds := flag.Int("rounds", 15, "how often each question is asked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	settings := []string{"EVENTS_BENCH_STORE=" + *store, "EVENTS_BENCH_EVENTS=" + *events, "EVENTS_BENCH_KINDS=" + *kinds}
	if *database != "" {
		settings = append(settings, "EVENTS_BENCH_DATABASE="+*database)
	}
	if err := eventsbench.Run(ctx, "^BenchmarkQuestions$", *rounds, settings...); err != nil {
		fmt.Fprintln(os.Stderr, "questions:", err)
		os.Exit(1)
	}
}
