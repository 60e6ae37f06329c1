// Package clickhouse is the linter's ClickHouse engine: it reads each statement with a tolerant tokenizer, replays the schema
// and asks the rules. The order of the rooms: token.go cuts text, statement.go and its neighbours recognise, schema.go replays,
// the files of rules judge.
package clickhouse

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
	"devtrail.dev/services/migrations/lint/rule"
)

// Linter judges ClickHouse migrations.
type Linter struct{}

// New returns the linter.
func New() *Linter { return &Linter{} }

var _ rule.Linter = (*Linter)(nil)

// Rules returns the catalogue.
func (*Linter) Rules() []rule.Rule {
	var rules []rule.Rule
	for _, e := range catalogue() {
		rules = append(rules, e.Rule)
	}
	slices.SortFunc(rules, func(a, b rule.Rule) int { return cmp.Compare(a.Name, b.Name) })
	return rules
}

// Lint judges files upon the schema that setup leaves.
func (*Linter) Lint(setup, files []rule.File, opts rule.Options) ([]rule.Finding, error) {
	state := &schema{}
	for _, f := range setup {
		statements, _ := parse(f.SQL) // what is wrong there is not judged
		for _, st := range statements {
			state.apply(st, false)
		}
	}
	parsed, broken := make([][]*statement, len(files)), make([]error, len(files))
	var run []*statement
	for i, f := range files {
		parsed[i], broken[i] = parse(f.SQL)
		if err := explained(parsed[i], f.SQL, opts.Explain); err != nil {
			return nil, err
		}
		run = append(run, parsed[i]...)
	}
	rules := catalogue()
	var findings []rule.Finding
	for i, f := range files {
		for _, st := range parsed[i] {
			c := &check{statement: st, schema: state, table: state.find(st.object), file: parsed[i], run: run, opts: opts}
			for _, e := range rules {
				c.report = func(pos int, message, alternative string) {
					found := e.finding(f, st.index, pos, message, alternative)
					found.Objects = c.objects
					findings = append(findings, found)
				}
				c.objects = nil
				e.check(c)
			}
			state.apply(st, true)
		}
		if broken[i] != nil {
			findings = append(findings, unclosed(f, after(parsed[i]), broken[i]))
		}
	}
	return findings, nil
}

// parse reads all statements of a text.
func parse(sql string) ([]*statement, error) {
	sources, err := scan(sql)
	var statements []*statement
	for i, src := range sources {
		for _, part := range parallel(src) {
			statements = append(statements, read(part, i))
		}
	}
	return statements, err
}

// explained lets the server say which statements its parser refuses, in place of our own reading. The error is one of the connection.
func explained(statements []*statement, sql string, explain func(string) error) error {
	if explain == nil {
		return nil
	}
	for _, st := range statements {
		if len(st.tokens) == 0 {
			continue
		}
		last := st.tokens[len(st.tokens)-1]
		err := explain(sql[st.pos() : last.pos+len(last.text)])
		var refused *rule.Refusal
		switch {
		case err == nil:
			st.wrong = nil
		case errors.As(err, &refused):
			st.wrong = &problem{pos: st.pos() + refused.Offset, text: refused.Message}
		default:
			return fmt.Errorf("ask the server about a statement: %w", err)
		}
	}
	return nil
}

// finding makes a finding of what a rule reports.
func (e entry) finding(f rule.File, index, pos int, message, alternative string) rule.Finding {
	pos = min(max(pos, 0), len(f.SQL))
	return rule.Finding{
		File: f.Name, Rule: e.Name, Severity: e.Severity, Statement: index, Message: message, Alternative: cmp.Or(alternative, e.Alternative),
		Line: strings.Count(f.SQL[:pos], "\n") + 1, Column: pos - strings.LastIndexByte(f.SQL[:pos], '\n'),
	}
}

// after is the index behind the last statement.
func after(statements []*statement) int {
	if len(statements) == 0 {
		return 0
	}
	return statements[len(statements)-1].index + 1
}

// unclosed is the finding for text that cannot be cut into statements.
func unclosed(f rule.File, index int, err error) rule.Finding {
	found := entry{Rule: syntaxError}.finding(f, index, len(f.SQL), err.Error(), "")
	var open *sqlsplit.Error
	if errors.As(err, &open) {
		found.Line, found.Column, found.Message = open.Line, 1, open.What+" is not closed"
	}
	return found
}
