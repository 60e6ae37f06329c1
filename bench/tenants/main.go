// Command tenants measures what a tenant over its quota costs another: one sends within its quota and waits for each acknowledgement, alone and while
// the other sends many times what it may, in turns. It prints both waits and their ratio, which is to be 1.5 at most. The service runs as it is shipped,
// in a process of its own, on ClickHouse.
//
//	go run ./bench/tenants                          six rounds
//	go run ./bench/tenants -quota 50000 -over 10    a quota of 50,000 events a second, ten times exceeded
//
// The measurement itself is BenchmarkTenants of services/events/server, where the service and its engines are at hand.
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
	rounds := flag.Int("rounds", 6, "how often each side is measured")
	quota := flag.Float64("quota", 10_000, "events a second that each organization may send")
	over := flag.Float64("over", 5, "how many times its quota the other sends")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := eventsbench.Run(ctx, "^BenchmarkTenants$", *rounds, fmt.Sprintf("EVENTS_BENCH_QUOTA=%g", *quota), fmt.Sprintf("EVENTS_BENCH_OVER=%g", *over))
	if err != nil {
		fmt.Fprintln(os.Stderr, "tenants:", err)
		os.Exit(1)
	}
}
