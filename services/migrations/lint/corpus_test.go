package lint_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/migrations/lint"
)

// labelled is one line of the corpus: SQL, a rule, and whether the rule should speak.
type labelled struct {
	ID            string `json:"id"`
	Dialect       string `json:"dialect"`
	SQL           string `json:"sql"`
	Setup         string `json:"setup"`
	Rule          string `json:"rule"`
	ShouldFlag    bool   `json:"should_flag"`
	InTransaction bool   `json:"assume_in_transaction"`
	Version       string `json:"pg_version"`
	Note          string `json:"note"`
	Config        struct {
		HotTables []string          `json:"hot_tables"`
		Pairs     map[string]string `json:"pairs"`
		Cluster   string            `json:"cluster"`
	} `json:"config"`
}

// score counts the outcomes of a rule, or of an engine.
type score struct{ truePositive, falsePositive, falseNegative, trueNegative int }

func (s *score) add(flagged, should bool) {
	switch {
	case flagged && should:
		s.truePositive++
	case flagged:
		s.falsePositive++
	case should:
		s.falseNegative++
	default:
		s.trueNegative++
	}
}

func (s *score) precision() float64 { return ratio(s.truePositive, s.falsePositive) }
func (s *score) recall() float64    { return ratio(s.truePositive, s.falseNegative) }

func ratio(good, bad int) float64 {
	if good+bad == 0 {
		return 1
	}
	return float64(good) / float64(good+bad)
}

// leastScore is the precision and the recall that an engine must reach on the whole corpus.
const leastScore = 0.95

func TestCorpus(t *testing.T) {
	lines := readCorpus(t)
	for _, engine := range []lint.Engine{lint.Postgres, lint.ClickHouse} {
		t.Run(string(engine), func(t *testing.T) {
			rules, total := map[string]*score{}, &score{}
			for _, l := range lines {
				if l.Dialect != string(engine) {
					continue
				}
				flagged := l.flagged(t, engine)
				if rules[l.Rule] == nil {
					rules[l.Rule] = &score{}
				}
				rules[l.Rule].add(flagged, l.ShouldFlag)
				total.add(flagged, l.ShouldFlag)
				if flagged != l.ShouldFlag {
					t.Logf("miss %s: %s is %t, should be %t %s\n\t%s", l.ID, l.Rule, flagged, l.ShouldFlag, l.Note, strings.ReplaceAll(l.SQL, "\n", "\n\t"))
				}
			}
			t.Log(table(rules, total))
			require.GreaterOrEqual(t, total.precision(), leastScore)
			require.GreaterOrEqual(t, total.recall(), leastScore)
		})
	}
}

// flagged reports whether the line's rule speaks, on the schema of its setup.
func (l labelled) flagged(t *testing.T, engine lint.Engine) bool {
	t.Helper()
	found, err := lint.Lint(engine, []lint.File{{Name: "setup.sql", SQL: l.Setup}}, []lint.File{{Name: "file.sql", SQL: l.SQL}}, lint.Options{
		ServerVersion: l.Version, InTransaction: l.InTransaction, HotTables: l.Config.HotTables, Pairs: l.Config.Pairs, Cluster: l.Config.Cluster,
		Policies: []string{"*"},
	})
	require.NoError(t, err, l.ID)
	return slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Rule == l.Rule })
}

// table prints the scores by rule, one a line.
func table(rules map[string]*score, total *score) string {
	var names []string
	for n := range rules {
		names = append(names, n)
	}
	slices.Sort(names)
	var b strings.Builder
	row := func(n string, s *score) {
		fmt.Fprintf(&b, "%-50s %4d %4d %4d %4d  %.3f  %.3f\n", n, s.truePositive, s.falsePositive, s.falseNegative, s.trueNegative, s.precision(), s.recall())
	}
	fmt.Fprintf(&b, "\n%-50s %4s %4s %4s %4s  %s  %s\n", "rule", "tp", "fp", "fn", "tn", "prec.", "recall")
	for _, n := range names {
		row(n, rules[n])
	}
	row("total", total)
	return b.String()
}

// readCorpus reads the labelled lines, which lie beside the repository and are no part of it.
func readCorpus(t *testing.T) []labelled {
	t.Helper()
	file, err := os.Open(corpus.Path(t, "lint.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	var lines []labelled
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var l labelled
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &l))
		lines = append(lines, l)
	}
	require.NoError(t, scanner.Err())
	return lines
}
