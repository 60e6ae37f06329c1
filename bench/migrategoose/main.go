// Command migrategoose measures the runner of the migrations service beside goose: a thousand small files wait in a database, and the time until all
// are applied is taken of both, in turns, on the same server in the same run. The aim is at most 0.8 of goose's time.
//
//	go run ./bench/migrategoose                      on a server of its own that keeps nothing at a crash, as tests have it
//	go run ./bench/migrategoose -durable             on one that waits for its disk
//	go run ./bench/migrategoose -url postgres://...  on another
//
// Ours does all that the service does at its start: it opens, takes its lock, reads and lints the files, applies them with their history, and shows that
// it is ready. Lint is part of the time. goose applies the same files, with its annotations, by its provider over database/sql and pgx.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"devtrail.dev/stack/engines"
)

// aim is the most that ours may take of goose's time.
const aim = 0.8

func main() {
	engines.RunIfEngineProcess()
	url := flag.String("url", "", "Postgres server whose user may create databases (default one of its own)")
	durable := flag.Bool("durable", false, "let the server of its own wait for the disk")
	files := flag.Int("files", 1000, "files that wait")
	rounds := flag.Int("rounds", 5, "how often both are measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *url, *durable, *files, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "migrategoose:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string, durable bool, files, rounds int) error {
	if files < 1 || rounds < 1 {
		return errors.New("-files and -rounds must be 1 or more")
	}
	if url == "" {
		dir, err := os.MkdirTemp("", "migrategoose")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		// The server may run as another user.
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the folder holds no secrets
			return err
		}
		server, err := engines.StartPostgres(ctx, engines.PostgresConfig{
			DataDir: filepath.Join(dir, "data"), Durable: durable, Progress: os.Stderr, Trust: true,
		})
		if err != nil {
			return err
		}
		defer func() { _ = server.Stop(context.WithoutCancel(ctx)) }()
		url = server.URL()
	}
	var ours, theirs []time.Duration
	for round := range rounds {
		// Who is first changes, so that neither has the warm server.
		for turn := range 2 {
			measure, list := measureGoose, &theirs
			if (round+turn)%2 == 0 {
				measure, list = measureOurs, &ours
			}
			took, err := measure(ctx, url, fmt.Sprintf("bench_%d_%d_", os.Getpid(), round), files)
			if err != nil {
				return err
			}
			*list = append(*list, took)
		}
		fmt.Printf("round %d: ours %s, goose %s, ratio %.2f\n", round+1,
			ours[round].Round(time.Millisecond), theirs[round].Round(time.Millisecond), ours[round].Seconds()/theirs[round].Seconds())
	}
	ratio := median(ours).Seconds() / median(theirs).Seconds()
	fmt.Printf("%d files: ours %s, goose %s, ratio of the medians %.2f (aim at most %.1f)\n",
		files, median(ours).Round(time.Millisecond), median(theirs).Round(time.Millisecond), ratio, aim)
	if ratio > aim {
		return errors.New("the aim is missed")
	}
	return nil
}

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
