package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// peerVersion is the release of squawk that the figures are for.
const peerVersion = "2.66.0"

// defaultVersion is the server that statements without one are for.
const defaultVersion = "15"

// synonyms are the peer's rules that speak of what a rule of the corpus speaks of, where it has none of that name.
var synonyms = map[string][]string{
	"adding-auto-increment-column":    {"adding-serial-primary-key-field", "adding-field-with-default"},
	"adding-generated-stored-column":  {"adding-field-with-default"},
	"adding-exclusion-constraint":     {"constraint-missing-not-valid"},
	"concurrent-index-not-idempotent": {"prefer-robust-stmts"},
	"require-timeout-settings":        {"require-lock-timeout", "require-statement-timeout"},
	"schema-backward-compatibility":   {"changing-column-type", "ban-drop-table", "ban-drop-column", "ban-drop-database", "renaming-column", "renaming-table", "disallowed-unique-constraint", "adding-foreign-key-constraint"},
	"table-rewrite-storage":           {"prefer-repack"},
}

// asPeer returns the peer's names of a rule.
func asPeer(rule string) []string {
	if names, ok := synonyms[rule]; ok {
		return names
	}
	return []string{rule}
}

// install puts squawk into the user's cache folder, once, and returns its path.
func install(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "devtrail", "squawk-"+peerVersion)
	binary := filepath.Join(folder, "node_modules", ".bin", "squawk")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	fmt.Println("installing squawk", peerVersion, "into", folder)
	cmd := exec.CommandContext(ctx, "npm", "install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "squawk-cli@"+peerVersion) //nolint:gosec // our own arguments
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w: %s", err, out)
	}
	return binary, nil
}

// group is what one run of squawk takes from the command line: statements of a group are judged together.
type group struct {
	version     string
	transaction bool
}

// squawk reports for each statement whether the peer's rule of that name speaks, with the statements of the schema before the file or without.
func squawk(ctx context.Context, binary string, list []statement, setup bool) ([]bool, error) {
	folder, err := os.MkdirTemp("", "devtrail-lintpeer-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	var rules []string
	groups := map[group][]int{}
	first := make([]int, len(list)) // the line at which the file begins
	for i, s := range list {
		text := s.SQL
		if setup && s.Setup != "" {
			before := strings.TrimRight(s.Setup, "; \n") + ";\n"
			first[i], text = strings.Count(before, "\n"), before+text
		}
		if err := os.WriteFile(filepath.Join(folder, strconv.Itoa(i)+".sql"), []byte(text), 0o600); err != nil {
			return nil, err
		}
		g := group{cmp.Or(s.Version, defaultVersion), s.InTransaction}
		groups[g] = append(groups[g], i)
		if s.PeerHasRule {
			rules = append(rules, asPeer(s.Rule)...)
		}
	}
	slices.Sort(rules)
	rules = slices.Compact(rules)
	out := make([]bool, len(list))
	for g, members := range groups {
		found, err := judge(ctx, binary, folder, g, members, rules)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			i, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(f.File), ".sql"))
			if err != nil || i >= len(list) {
				return nil, fmt.Errorf("squawk speaks of the file %q", f.File)
			}
			out[i] = out[i] || (slices.Contains(asPeer(list[i].Rule), f.Rule) && f.Line >= first[i])
		}
	}
	return out, nil
}

// finding is one of squawk's; its lines count from 0.
type finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Rule string `json:"rule_name"`
}

// judge runs squawk with all its rules on the files of a group.
func judge(ctx context.Context, binary, folder string, g group, members []int, rules []string) ([]finding, error) {
	args := []string{"--reporter", "json", "--pg-version", g.version, "--include", strings.Join(rules, ",")}
	if g.transaction {
		args = append(args, "--assume-in-transaction")
	}
	for _, i := range members {
		args = append(args, filepath.Join(folder, strconv.Itoa(i)+".sql"))
	}
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // the user's own binary
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &stdout, &stderr, folder
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // it exits with 1 when it finds something
		return nil, fmt.Errorf("run squawk: %w", err)
	}
	var found []finding
	if err := json.Unmarshal(stdout.Bytes(), &found); err != nil {
		return nil, fmt.Errorf("read squawk's answer: %w: %s", err, stderr.String())
	}
	return found, nil
}
