package postgres_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint/postgres"
	"devtrail.dev/services/migrations/lint/rule"
)

// example is a file with what it stands upon, and what it shows.
type example struct {
	rule    string
	flagged bool
	setup   string
	sql     string
	opts    rule.Options
}

// yes and no are examples on an empty schema: the rule speaks, or does not.
func yes(name, sql string) example { return example{rule: name, flagged: true, sql: sql} }
func no(name, sql string) example  { return example{rule: name, sql: sql} }

// on puts a schema under the example; in wraps its file in a transaction, own as our runner does; at sets the server; and hot names hot tables.
func (e example) on(setup string) example { e.setup = setup; return e }
func (e example) in() example             { e.opts.InTransaction = true; return e }
func (e example) own() example            { e.opts.OwnHeaders = true; return e.in() }
func (e example) at(v string) example     { e.opts.ServerVersion = v; return e }
func (e example) hot(t ...string) example { e.opts.HotTables = t; return e }

// rows answers for a server that expects so many rows; refused for one that cannot plan.
func (e example) rows(n float64) example {
	e.opts.Estimate = func(string) (float64, error) { return n, nil }
	return e
}

func (e example) refused() example {
	e.opts.Estimate = func(string) (float64, error) { return 0, &rule.Refusal{Message: "no such column"} }
	return e
}

var estimateExamples = []example{
	yes("affected-row-limit", "UPDATE orders SET state = 'x' WHERE total > 1").rows(10_001),
	no("affected-row-limit", "UPDATE orders SET state = 'x' WHERE total > 1").rows(10_000),
	no("affected-row-limit", "UPDATE orders SET state = 'x'"),
	no("affected-row-limit", "ALTER TABLE orders ADD COLUMN a int; UPDATE orders SET a = 1").rows(10_001),
	yes("dml-dry-run", "DELETE FROM orders WHERE nothing = 1").refused(),
	no("dml-dry-run", "SELECT nothing FROM orders").refused(),
	no("dml-dry-run", "DELETE FROM orders WHERE nothing = 1"),
}

// orders is a schema that many examples stand upon.
const orders = `
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, note varchar(40));
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), state text, placed timestamptz NOT NULL, CHECK (total >= 0));
CREATE UNIQUE INDEX orders_state_idx ON orders (state);
`

func TestRules(t *testing.T) {
	linter := postgres.New()
	seen := map[string][2]int{}
	for _, e := range slices.Concat(indexExamples, constraintExamples, rewriteExamples, lockExamples, compatExamples, authorityExamples, dataLossExamples, transactionExamples, retryExamples, designExamples, nameExamples, policyExamples, modernExamples, sequenceExamples, attachExamples, varietyLocks, varietyRest, estimateExamples) {
		counts := seen[e.rule]
		if e.flagged {
			counts[0]++
		} else {
			counts[1]++
		}
		seen[e.rule] = counts
		t.Run(e.rule+" "+e.sql, func(t *testing.T) {
			opts := e.opts
			opts.Policies = []string{"*"}
			found, err := linter.Lint([]rule.File{{Name: "before.sql", SQL: e.setup}}, []rule.File{{Name: "file.sql", SQL: e.sql}}, opts)
			require.NoError(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Rule)
				require.NotEmpty(t, f.Message)
				require.NotEmpty(t, f.Alternative)
				require.Positive(t, f.Line)
				require.Positive(t, f.Column)
			}
			if e.flagged {
				require.Contains(t, names, e.rule)
			} else {
				require.NotContains(t, names, e.rule)
			}
		})
	}
	for _, r := range linter.Rules() {
		require.Positive(t, seen[r.Name][0], "rule %s has no example that it flags", r.Name)
		require.Positive(t, seen[r.Name][1], "rule %s has no example that it passes", r.Name)
	}
	require.Len(t, seen, len(linter.Rules()), "an example names a rule that does not exist")
}

func TestRulesAreDescribed(t *testing.T) {
	names := map[string]bool{}
	for _, r := range postgres.New().Rules() {
		require.False(t, names[r.Name], "rule %s stands twice", r.Name)
		names[r.Name] = true
		require.NotEmpty(t, r.Reason, r.Name)
		require.NotEmpty(t, r.Alternative, r.Name)
		require.Contains(t, []rule.Severity{rule.Error, rule.Gate, rule.Warning, rule.Info, rule.Policy}, r.Severity, r.Name)
	}
}
