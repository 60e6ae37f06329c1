// Package postgres is the linter's Postgres engine: it parses each statement with Postgres' own grammar, replays the schema, works out
// what the statement locks, scans and rewrites, and asks the rules. Package lint calls it.
//
// The rules stand in a table (catalogue.go) and in files by group: index.go, constraint.go, rewrite.go and locks.go for locks and work in the
// size of the data, compat.go for what breaks the previous build, dataloss.go, transactions.go, design.go and policy.go. A statement
// that the grammar refuses is unparsed-statement and never safe.
package postgres

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// defaultVersion is the oldest server that the suite serves.
const defaultVersion = 15

// Linter judges Postgres migrations. It holds no state: all of it lives in one call.
type Linter struct{ checks []check }

var _ rule.Linter = (*Linter)(nil)

// New returns the linter with the whole catalogue.
func New() *Linter { return &Linter{checks: catalogue()} }

// Rules returns the catalogue, ordered by name.
func (l *Linter) Rules() []rule.Rule {
	rules := make([]rule.Rule, len(l.checks))
	for i, c := range l.checks {
		rules[i] = c.Rule
	}
	slices.SortFunc(rules, func(a, b rule.Rule) int { return cmp.Compare(a.Name, b.Name) })
	return rules
}

// Lint reads setup into the schema without judging it, then judges files in order.
func (l *Linter) Lint(setup, files []rule.File, opts rule.Options) ([]rule.Finding, error) {
	s := newSchema()
	for _, f := range setup {
		for _, st := range readFile(f, rule.Options{}).statements {
			s.applyAll(st)
		}
	}
	var found []rule.Finding
	changed := false
	for _, f := range files {
		c := &context{schema: s, opts: opts, version: version(opts.ServerVersion), file: readFile(f, opts), changed: changed}
		if err := l.lintFile(c); err != nil {
			return nil, err
		}
		changed = c.changed
		found = append(found, c.found...)
	}
	return found, nil
}

// lintFile judges one file and leaves the schema as the file leaves it. The error is one of the server that is asked for estimates.
func (l *Linter) lintFile(c *context) error {
	c.schema.created, c.schema.newValues = map[string]createdObj{}, map[string]string{}
	if c.file.broken != "" {
		c.found = append(c.found, rule.Finding{
			File: c.file.name, Rule: unparsed.Name, Severity: unparsed.Severity, Line: c.file.brokenLine, Column: 1,
			Message: "the file cannot be read: " + c.file.broken, Alternative: unparsed.Alternative,
		})
	}
	for _, st := range c.file.statements {
		c.stmt = st
		if st.index > 0 && c.file.statements[st.index-1].transaction != st.transaction {
			c.schema.newValues = map[string]string{}
		}
		st.effects = c.schema.effectsOf(st, c.version)
		if err := c.estimate(); err != nil {
			return err
		}
		for _, c.part = range parts(st) {
			for _, k := range l.checks {
				if k.judge != nil && c.on(k) {
					c.rule = k.Rule
					k.judge(c)
				}
			}
			c.apply()
		}
	}
	for _, k := range l.checks {
		if k.finish != nil && len(c.file.statements) > 0 && c.on(k) {
			c.rule = k.Rule
			k.finish(c)
		}
	}
	slices.SortStableFunc(c.found, func(a, b rule.Finding) int { return cmp.Compare(a.Statement, b.Statement) })
	return nil
}

// version reads a server version such as "15", "14.2" or "18beta1"; the default when there is none. The minor one counts as hundredths, so that
// 14.2 is before 14.10.
func version(s string) float64 {
	end := 0
	for end < len(s) && (s[end] == '.' || (s[end] >= '0' && s[end] <= '9')) {
		end++
	}
	major, minor, _ := strings.Cut(s[:end], ".")
	v, err := strconv.Atoi(major)
	if err != nil || v == 0 {
		return defaultVersion
	}
	minor, _, _ = strings.Cut(minor, ".")
	n, _ := strconv.Atoi(minor)
	return float64(v) + float64(min(n, 99))/100
}
