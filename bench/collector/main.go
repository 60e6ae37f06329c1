// Command collector measures the events service against the OpenTelemetry Collector's ClickHouse exporter at the same guarantee: a sender is answered when
// the database has its events. Both write into the same ClickHouse, in turns in one run, lean and fat events, 100 a request. It prints the ratio of
// events a second, and the CPU of each per event. The collector has 256 callers, whose blocks go when its flush timeout is over, 768, who fill its
// blocks (peer-full), and 2,048 (peer-most); stored/best is the ratio to the fastest of them.
//
//	go run ./bench/collector              three rounds
//	go run ./bench/collector -rounds 10
//
// The collector is built first, once, from the module bench/collector/otelcol (several minutes). The measurement itself is BenchmarkCollector of
// services/events/server, where the service and its engines are at hand.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"devtrail.dev/bench/internal/eventsbench"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often each side is measured")
	binary := flag.String("collector", filepath.Join(os.TempDir(), "devtrail-otelcol"), "the collector; built when it is missing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, rounds int) error {
	if _, err := os.Stat(binary); err != nil {
		build := exec.CommandContext(ctx, "go", "build", "-p", "1", "-o", binary, ".")
		build.Dir = filepath.Join("bench", "collector", "otelcol")
		build.Env = append(os.Environ(), "GOWORK=off")
		build.Stdout, build.Stderr = os.Stdout, os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build the collector: %w", err)
		}
	}
	return eventsbench.Run(ctx, "^BenchmarkCollector$", rounds, "DEVTRAIL_BENCH_COLLECTOR="+binary)
}
