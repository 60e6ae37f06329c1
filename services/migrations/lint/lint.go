// Package lint judges migrations before they run: SQL text in, findings out. It opens no connection. The rules are those of
// schema safety on a live suite: locks that stop writers, work in the size of the data, steps that break the previous build, data loss.
// The Lint RPC, the command line and every apply call it.
//
// The types live in package rule, the rules in lint/postgres and lint/clickhouse, each a rule.Linter. This package chooses the
// engine, applies the suppressions of the files and renders the outcome (text.go, sarif.go).
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
	"devtrail.dev/services/migrations/lint/clickhouse"
	"devtrail.dev/services/migrations/lint/postgres"
	"devtrail.dev/services/migrations/lint/rule"
)

// Engine says which database the files are for.
type Engine string

// The engines.
const (
	Postgres   Engine = "postgres"
	ClickHouse Engine = "clickhouse"
)

// The vocabulary of package rule.
type (
	// Severity says what happens to a finding when the files are applied.
	Severity = rule.Severity
	// Rule is one entry of a catalogue.
	Rule = rule.Rule
	// Finding is one place where a rule speaks.
	Finding = rule.Finding
	// File is one migration.
	File = rule.File
	// Options is what the text of the files does not say.
	Options = rule.Options
	// Refusal is a server's answer to a statement that it does not take.
	Refusal = rule.Refusal
)

// The severities, from the strongest.
const (
	Error   = rule.Error
	Gate    = rule.Gate
	Warning = rule.Warning
	Info    = rule.Info
	Policy  = rule.Policy
)

// engine is what lint knows of an Engine.
type engine struct {
	linter  rule.Linter
	dialect sqlsplit.Dialect
}

// lookup is the registry of engines.
func lookup(e Engine) (engine, error) {
	switch e {
	case Postgres:
		return engine{postgres.New(), sqlsplit.Postgres}, nil
	case ClickHouse:
		return engine{clickhouse.New(), sqlsplit.ClickHouse}, nil
	default:
		return engine{}, fmt.Errorf("engine %q is not known: use %q or %q", e, Postgres, ClickHouse)
	}
}

// Lint judges files upon the schema that setup leaves; setup is read, not judged. Findings come in order of file, line, column and rule;
// suppressed ones are among them, marked. The error speaks of the engine, never of the SQL: what cannot be read is a finding.
func Lint(e Engine, setup, files []File, opts Options) ([]Finding, error) {
	eng, err := lookup(e)
	if err != nil {
		return nil, err
	}
	setup, files = applied(setup), applied(files)
	found, err := eng.linter.Lint(setup, files, opts)
	if err != nil {
		return nil, fmt.Errorf("lint %s: %w", e, err)
	}
	found = suppress(eng, files, found)
	countCharacters(files, found)
	order := make(map[string]int, len(files))
	for i, f := range files {
		order[f.Name] = i
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	return found, nil
}

// applied leaves of the files what is applied of them. One whose annotations do not fit stays as it is, and is headerRefused.
func applied(files []File) []File {
	list := slices.Clone(files)
	for i, f := range list {
		list[i].SQL, _ = schema.Applied(f.SQL)
	}
	return list
}

// countCharacters makes the columns count characters, as editors do; the engines count bytes.
func countCharacters(files []File, found []Finding) {
	lines := make(map[string][]string, len(files))
	for _, f := range files {
		lines[f.Name] = strings.Split(f.SQL, "\n")
	}
	for i, f := range found {
		if list := lines[f.File]; f.Line >= 1 && f.Line <= len(list) {
			before := list[f.Line-1]
			found[i].Column = utf8.RuneCountInString(before[:min(max(f.Column-1, 0), len(before))]) + 1
		}
	}
}

// Rules returns the engine's catalogue, ordered by name, with the rules on suppressions and headers.
func Rules(e Engine) ([]Rule, error) {
	eng, err := lookup(e)
	if err != nil {
		return nil, err
	}
	rules := append(eng.linter.Rules(), unusedIgnore, contractWithoutNoReader, contractWithoutNeed, headerRefused)
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return rules, nil
}
