// Command torture kills the events service and its database, stops them, breaks connections, fills the disk and tears the log, while clients send every
// event until it is acknowledged, and compares what is in the database with what the clients know: 0 lost, 0 duplicate, aggregates equal.
//
//	go run ./bench/torture                                 100 faults on ClickHouse
//	go run ./bench/torture -store postgres -faults 200
//	go run ./bench/torture -stall-long 130s                the first stall of each process is longer than every timeout
//	go run ./bench/torture -dedupe=off                     must find duplicates
//	go run ./bench/torture -readback=off                   must find a loss
//	go run ./bench/torture -sync=off                       must find a loss, when the database loses its power
//	go run ./bench/torture -sync=inserts                   so must this
//
// Kinds of faults can be chosen: -kinds "a token without its part,kill -9 of events". The same seed makes the same events, clients and faults; when
// exactly they meet is the machine's. The short form is TestFaults of services/events/torture, which holds the machinery.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"devtrail.dev/services/events/torture"
	"devtrail.dev/stack/engines"
)

func main() {
	engines.RunIfEngineProcess()
	torture.RunIfService()
	cfg := torture.Config{Log: os.Stderr, Now: time.Now}
	var kinds string
	flag.IntVar(&cfg.Faults, "faults", 100, "how many faults there are at least")
	flag.StringVar(&cfg.Store, "store", torture.ClickHouse, "clickhouse or postgres")
	flag.Uint64Var(&cfg.Seed, "seed", uint64(time.Now().UnixNano()), "of events, clients and faults") //nolint:gosec // any number
	flag.IntVar(&cfg.Rate, "rate", 0, "events a second at most; 0 for the default")
	flag.DurationVar(&cfg.Stall, "stall", 0, "how long a process is stopped; 0 for the default")
	flag.DurationVar(&cfg.LongStall, "stall-long", 0, "how long it is the first time; 0 for the same")
	flag.Func("dedupe", "off: the service forgets ids, and the run must find duplicates", protection(map[string]*bool{"off": &cfg.NoDedupe}))
	flag.Func("readback", "off: ClickHouse's tokens are believed, and the run must find a loss", protection(map[string]*bool{"off": &cfg.NoReadBack}))
	flag.Func("sync", "off: ClickHouse answers before it has synced, inserts: it does not sync what merges make; the run must find a loss",
		protection(map[string]*bool{"off": &cfg.NoSync, "inserts": &cfg.NoMergeSync}))
	flag.StringVar(&kinds, "kinds", "", "faults to choose from, separated by commas; empty for all")
	flag.Parse()
	for kind := range strings.SplitSeq(kinds, ",") {
		if kind != "" {
			cfg.Kinds = append(cfg.Kinds, torture.Kind(strings.TrimSpace(kind)))
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1) //nolint:gocritic // the process ends
	}
}

// protection reads a flag: on leaves a protection as it is, and each of the words takes away what it stands for. Any other word is refused, so that no
// run is taken for a control that was none.
func protection(words map[string]*bool) func(string) error {
	return func(word string) error {
		taken, known := words[word]
		switch {
		case known:
			*taken = true
		case word != "on":
			return fmt.Errorf("it is on or one of %q", slices.Sorted(maps.Keys(words)))
		}
		return nil
	}
}

func run(ctx context.Context, cfg torture.Config) error {
	if cfg.Store != torture.ClickHouse && cfg.Store != torture.Postgres {
		return fmt.Errorf("-store %q is neither clickhouse nor postgres", cfg.Store)
	}
	for _, kind := range cfg.Kinds {
		if !slices.Contains(torture.Kinds(), kind) {
			return fmt.Errorf("-kinds: there is no fault %q, only %q", kind, torture.Kinds())
		}
	}
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		return err
	}
	// The database may run as another user.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the folder holds no secrets
		return err
	}
	cfg.Dir = dir
	fmt.Printf("store %s, seed %d, dedupe %t, read-back %t, sync %t, of merges %t\n", cfg.Store, cfg.Seed, !cfg.NoDedupe, !cfg.NoReadBack, !cfg.NoSync, !cfg.NoSync && !cfg.NoMergeSync)
	report, err := torture.Run(ctx, cfg)
	if err == nil {
		err = errors.Join(report.Print(os.Stdout), judge(cfg, report))
	}
	if err != nil {
		return fmt.Errorf("%w\nthe files of the run are kept in %s", err, dir)
	}
	return os.RemoveAll(dir)
}

// judge says whether the run has found what it must: nothing, or what it was made to find.
func judge(cfg torture.Config, report torture.Report) error {
	switch {
	case cfg.NoDedupe && report.Duplicate == 0:
		return errors.New("dedupe is off and no duplicate was found")
	case cfg.NoReadBack && report.Lost+report.PackagesLost == 0:
		return errors.New("read-back is off and no loss was found")
	case cfg.NoSync && report.Lost == 0:
		return errors.New("nothing is synced and no loss was found")
	case cfg.NoMergeSync && report.Lost+report.PackagesLost == 0:
		return errors.New("merges are not synced and no loss was found")
	case cfg.NoDedupe, cfg.NoReadBack, cfg.NoSync, cfg.NoMergeSync:
		fmt.Printf("found, as it must be:\n%v\n", report.Err())
		return nil
	}
	return report.Err()
}
