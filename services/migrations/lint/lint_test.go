package lint_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/lint"
)

const unindexed = "CREATE INDEX i ON orders (state);\n"

func lintOne(t *testing.T, sql string) []lint.Finding {
	t.Helper()
	found, err := lint.Lint(lint.Postgres, nil, []lint.File{{Name: "0001_a.sql", SQL: sql}}, lint.Options{TimeoutsSet: true})
	require.NoError(t, err)
	return found
}

// of returns the findings of one rule.
func of(found []lint.Finding, rule string) []lint.Finding {
	var list []lint.Finding
	for _, f := range found {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}

func TestFindingSaysWhereAndWhatToDo(t *testing.T) {
	found := of(lintOne(t, "SELECT 1;\n  "+unindexed), "require-concurrent-index-creation")
	require.Equal(t, []lint.Finding{{
		File: "0001_a.sql", Rule: "require-concurrent-index-creation", Severity: lint.Error, Line: 2, Column: 3, Statement: 1, Lock: "SHARE",
		Message:     "building the index holds SHARE on orders while it reads the whole table: nobody writes to it until then",
		Alternative: "-- devtrail: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (state);",
	}}, found)
}

func TestSuppression(t *testing.T) {
	const rule = "require-concurrent-index-creation"
	cases := []struct {
		name       string
		sql        string
		suppressed bool
		reason     string
		complaints []string
	}{
		{"none", unindexed, false, "", nil},
		{"on the line before", "SELECT 1;\n-- devtrail:ignore " + rule + " the table is empty\n" + unindexed, true, "the table is empty", nil},
		{"with other comments between", "SELECT 1;\n-- devtrail: ignore " + rule + " the table is empty\n-- index\n" + unindexed, true, "the table is empty", nil},
		{"in the header for the whole file", "-- devtrail:ignore " + rule + " the table is empty\n\nSELECT 1;\n" + unindexed, true, "the table is empty", nil},
		{"two on one statement", "-- devtrail:ignore " + rule + " a\n-- devtrail:ignore index-build-load b\n" + unindexed, true, "a", nil},
		{
			"of the statement before", "-- devtrail:ignore " + rule + " the table is empty\nSELECT 1;\n" + unindexed, false, "",
			[]string{"the suppression of " + rule + " suppresses nothing"},
		},
		{"without a reason", "-- devtrail:ignore " + rule + "\n" + unindexed, false, "", []string{"the suppression of " + rule + " gives no reason"}},
		{"of an unknown rule", "-- devtrail:ignore no-such-rule why\n" + unindexed, false, "", []string{`the suppression names the rule "no-such-rule", which does not exist`}},
		{"of nothing", "-- devtrail:ignore\n" + unindexed, false, "", []string{"the suppression names no rule"}},
		{"inside a string", "SELECT '\n-- devtrail:ignore no-such-rule why\n';\n" + unindexed, false, "", nil},
		{"of another word", "-- devtrail:ignored no-such-rule why\n" + unindexed, false, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := lintOne(t, c.sql)
			hit := of(found, rule)
			require.Len(t, hit, 1)
			require.Equal(t, c.suppressed, hit[0].Suppressed)
			require.Equal(t, c.reason, hit[0].Justification)
			var complaints []string
			for _, f := range of(found, "unused-ignore") {
				complaints = append(complaints, f.Message)
			}
			require.Equal(t, c.complaints, complaints)
		})
	}
}

func TestEarlierFilesAreTheSchemaOfLaterOnes(t *testing.T) {
	found, err := lint.Lint(lint.Postgres, []lint.File{{Name: "1", SQL: "CREATE TABLE a (b varchar(3)); DROP TABLE c"}}, []lint.File{
		{Name: "2", SQL: "ALTER TABLE a ALTER b TYPE varchar(5)"},
		{Name: "3", SQL: "ALTER TABLE a ALTER b TYPE varchar(4)"},
	}, lint.Options{})
	require.NoError(t, err)
	changes := of(found, "changing-column-type")
	require.Len(t, changes, 1)
	require.Equal(t, "3", changes[0].File)
	require.Empty(t, of(found, "ban-drop-table"), "setup is read, not judged")
}

func TestTextLeavesSuppressedFindingsOut(t *testing.T) {
	found := []lint.Finding{
		{File: "a.sql", Rule: "r", Severity: lint.Gate, Line: 3, Column: 1, Message: "it breaks", Alternative: "one;\ntwo;", Lock: "SHARE"},
		{File: "a.sql", Rule: "s", Severity: lint.Error, Line: 4, Column: 1, Message: "no", Suppressed: true},
	}
	var out bytes.Buffer
	require.NoError(t, lint.WriteText(&out, found))
	require.Equal(t, "a.sql:3:1: gate: r (SHARE)\n  it breaks\n  > one;\n  > two;\n", out.String())
	require.False(t, lint.Failing(found))
	require.True(t, lint.Failing([]lint.Finding{{Severity: lint.Warning}}))
}

func TestSARIFHoldsCatalogueFindingsAndSuppressions(t *testing.T) {
	found := lintOne(t, "-- devtrail:ignore index-build-load quiet hours\n"+unindexed)
	var out bytes.Buffer
	require.NoError(t, lint.WriteSARIF(&out, lint.Postgres, found))
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID       string
				RuleIndex    int
				Level        string
				Suppressions []struct{ Kind, Justification string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &log))
	require.Equal(t, "2.1.0", log.Version)
	run := log.Runs[0]
	require.Len(t, run.Results, len(found))
	for _, r := range run.Results {
		require.Equal(t, r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		if r.RuleID == "index-build-load" {
			require.Equal(t, "inSource", r.Suppressions[0].Kind)
			require.Equal(t, "quiet hours", r.Suppressions[0].Justification)
		}
	}
}

func TestUnknownEngineIsNamed(t *testing.T) {
	_, err := lint.Lint("sqlite", nil, nil, lint.Options{})
	require.ErrorContains(t, err, `engine "sqlite" is not known`)
}

func TestOnlyWhatIsAppliedIsJudged(t *testing.T) {
	const up, back = "-- +goose Up\nCREATE TABLE a (id bigint PRIMARY KEY);\n", "-- +goose Down\nDROP TABLE orders;\n"
	require.Empty(t, lintOne(t, up+back), "nobody runs the way back")
	require.NotEmpty(t, lintOne(t, "-- +goose Up\n"+unindexed+back))

	before := []lint.File{{Name: "0001_a.sql", SQL: "-- +goose Up\nCREATE TABLE orders (id bigint PRIMARY KEY, state varchar(10));\n" + back}}
	widened := []lint.File{{Name: "0002_b.sql", SQL: "ALTER TABLE orders ALTER COLUMN state TYPE text;"}}
	found, err := lint.Lint(lint.Postgres, before, widened, lint.Options{TimeoutsSet: true})
	require.NoError(t, err)
	require.Empty(t, of(found, "changing-column-type"), "the table of the setup is there")
}

func TestAByteOrderMarkHidesNothing(t *testing.T) {
	const dropped = "ALTER TABLE orders DROP COLUMN state;"
	require.Equal(t, lintOne(t, dropped), lintOne(t, "\ufeff"+dropped))
	ignored := "-- devtrail:ignore require-concurrent-index-creation the table is empty\n\n" + unindexed
	require.Equal(t, lintOne(t, ignored), lintOne(t, "\ufeff"+ignored))
}
