package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint/rule"
)

// sample is SQL that a rule flags or passes.
type sample struct {
	setup string
	sql   string
	opts  rule.Options
}

// samples are those of one rule.
type samples struct {
	rule       string
	flag, pass []sample
}

// text makes samples of SQL that needs no setup.
func text(list ...string) []sample {
	var out []sample
	for _, sql := range list {
		out = append(out, sample{sql: sql})
	}
	return out
}

// upon makes samples of SQL on one setup.
func upon(setup string, list ...string) []sample {
	var out []sample
	for _, sql := range list {
		out = append(out, sample{setup: setup, sql: sql})
	}
	return out
}

// allSamples is every group of samples.
func allSamples() []samples {
	var all []samples
	for _, group := range [][]samples{tableSamples(), alterSamples(), mutationSamples(), viewSamples(), clusterSamples(), adviceSamples(), destructiveSamples(), statementSamples()} {
		all = append(all, group...)
	}
	return all
}

func TestRulesFlagAndPass(t *testing.T) {
	for _, s := range allSamples() {
		t.Run(s.rule, func(t *testing.T) {
			for _, one := range s.flag {
				require.Contains(t, rulesOf(t, one), s.rule, "upon %q:\n%s", one.setup, one.sql)
			}
			for _, one := range s.pass {
				require.NotContains(t, rulesOf(t, one), s.rule, "upon %q:\n%s", one.setup, one.sql)
			}
		})
	}
}

func TestEveryRuleHasSamplesOfBothKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range allSamples() {
		require.NotEmpty(t, s.flag, s.rule)
		require.NotEmpty(t, s.pass, s.rule)
		require.False(t, seen[s.rule], "%s has two entries", s.rule)
		seen[s.rule] = true
	}
	rules := New().Rules()
	require.Len(t, rules, 66)
	for _, r := range rules {
		require.True(t, seen[r.Name], "%s has no samples", r.Name)
		require.NotEmpty(t, r.Reason, r.Name)
		require.NotEmpty(t, r.Alternative, r.Name)
	}
	require.Len(t, seen, len(rules))
}

// rulesOf returns the names of the rules that flag a sample. Only samples of the syntax rule may have errors of syntax.
func rulesOf(t *testing.T, s sample) []string {
	t.Helper()
	var setup []rule.File
	if s.setup != "" {
		setup = []rule.File{{Name: "setup", SQL: s.setup}}
	}
	findings, err := New().Lint(setup, []rule.File{{Name: "file", SQL: s.sql}}, s.opts)
	require.NoError(t, err)
	var names []string
	for _, f := range findings {
		names = append(names, f.Rule)
		require.NotEmpty(t, f.Message)
		require.NotEmpty(t, f.Alternative)
		require.Positive(t, f.Line)
		require.Positive(t, f.Column)
	}
	return names
}

func TestFindingsSayWhere(t *testing.T) {
	findings, err := New().Lint(nil, []rule.File{{Name: "0002_x.sql", SQL: "-- head\nALTER TABLE t\n    ADD COLUMN IF NOT EXISTS a UInt8,\n    DROP COLUMN IF EXISTS b;\nDROP DATABASE IF EXISTS d"}}, rule.Options{})
	require.NoError(t, err)
	require.Len(t, findings, 2)
	require.Equal(t, rule.Finding{
		File: "0002_x.sql", Rule: "ch-drop-column", Severity: rule.Gate, Line: 4, Column: 5, Statement: 0, Message: "the column b of t is dropped",
		Alternative: "a contract step behind a gate, one release after the last reader", Objects: []string{"t.b"},
	}, findings[0])
	require.Equal(t, 5, findings[1].Line)
	require.Equal(t, 1, findings[1].Statement)
}

func TestTheSchemaGrowsFileByFile(t *testing.T) {
	files := []rule.File{
		{Name: "0001.sql", SQL: "CREATE TABLE IF NOT EXISTS a (id UInt64, n Nullable(UInt8)) ENGINE = MergeTree ORDER BY id"},
		{Name: "0002.sql", SQL: "ALTER TABLE a MODIFY COLUMN id String"},
		{Name: "0003.sql", SQL: "RENAME TABLE a TO b"},
		{Name: "0004.sql", SQL: "ALTER TABLE b MODIFY COLUMN id UInt8"},
		{Name: "0005.sql", SQL: "CREATE TABLE IF NOT EXISTS c AS b"},
		{Name: "0006.sql", SQL: "EXCHANGE TABLES b AND c; ALTER TABLE c MODIFY COLUMN id Int32"},
		{Name: "0007.sql", SQL: "DROP TABLE IF EXISTS c SYNC; ALTER TABLE c MODIFY COLUMN id String"},
	}
	findings, err := New().Lint(nil, files, rule.Options{})
	require.NoError(t, err)
	var names []string
	for _, f := range findings {
		if f.Rule == "ch-alter-key-column" {
			names = append(names, f.File)
		}
	}
	require.Equal(t, []string{"0002.sql", "0004.sql", "0006.sql"}, names)
}
