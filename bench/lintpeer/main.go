// Command lintpeer compares our linter with squawk, the peer that most people use, on the same labelled statements: recall and precision by
// rule and in total. squawk is installed at one version into a cache folder by npm; nothing is installed for the machine.
//
//	go run ./bench/lintpeer                                  from the root of the repository
//	go run ./bench/lintpeer -corpus PATH -squawk PATH        other statements, another build of the peer
//
// squawk reads one file and knows no schema, so it is measured twice: on the file alone, and with the statements that make the schema put
// before it (findings on those do not count). Ours gets the schema as what is applied already. A peer without a rule never speaks.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"devtrail.dev/services/migrations/lint"
	"devtrail.dev/services/migrations/lint/postgres"
)

// statement is one labelled line of the corpus.
type statement struct {
	ID            string `json:"id"`
	Dialect       string `json:"dialect"`
	SQL           string `json:"sql"`
	Setup         string `json:"setup"`
	Rule          string `json:"rule"`
	ShouldFlag    bool   `json:"should_flag"`
	Source        string `json:"source"`
	InTransaction bool   `json:"assume_in_transaction"`
	Version       string `json:"pg_version"`
	PeerHasRule   bool   `json:"squawk_has_rule"`
	Config        struct {
		HotTables []string `json:"hot_tables"`
	} `json:"config"`
}

func main() {
	path := flag.String("corpus", "../shared/corpora/lint.jsonl", "labelled statements, one JSON object a line")
	peer := flag.String("squawk", "", "squawk binary (default installed by npm into the user's cache)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *path, *peer); err != nil {
		fmt.Fprintln(os.Stderr, "lintpeer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path, peer string) error {
	list, err := read(path)
	if err != nil {
		return err
	}
	if peer == "" {
		if peer, err = install(ctx); err != nil {
			return err
		}
	}
	alone, err := squawk(ctx, peer, list, false)
	if err != nil {
		return err
	}
	setup, err := squawk(ctx, peer, list, true)
	if err != nil {
		return err
	}
	postgres.Warm()
	ours := make([]bool, len(list))
	start := time.Now()
	for i, s := range list {
		if ours[i], err = flagged(s); err != nil {
			return err
		}
	}
	took := time.Since(start)
	fmt.Print(table(list, alone, setup, ours))
	fmt.Printf("\nours: %d files in %s, %s a file\n", len(list), took.Round(time.Millisecond), (took / time.Duration(len(list))).Round(time.Microsecond))
	return nil
}

// flagged reports whether our rule speaks.
func flagged(s statement) (bool, error) {
	found, err := lint.Lint(lint.Postgres, []lint.File{{Name: "setup.sql", SQL: s.Setup}}, []lint.File{{Name: "file.sql", SQL: s.SQL}}, lint.Options{
		ServerVersion: s.Version, InTransaction: s.InTransaction, HotTables: s.Config.HotTables, Policies: []string{"*"},
	})
	return slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Rule == s.Rule }), err
}

// read returns the statements for Postgres.
func read(path string) ([]statement, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var list []statement
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var s statement
		if err := json.Unmarshal(scanner.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if s.Dialect == string(lint.Postgres) {
			list = append(list, s)
		}
	}
	if len(list) == 0 && scanner.Err() == nil {
		return nil, errors.New("no statements for Postgres in " + path)
	}
	return list, scanner.Err()
}
