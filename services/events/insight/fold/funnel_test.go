package fold_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// TestRunsAreThoseOfTheRules holds the fold against a slow reading of the rules, event by event, over random sequences.
func TestRunsAreThoseOfTheRules(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 4)) //nolint:gosec // repeatable, not secret
	reached := map[int]int{}
	for range 20_000 {
		steps := 1 + r.IntN(4)
		q := insight.FunnelQuery{
			Steps: make([]insight.Matcher, steps), Order: insight.Order(1 + r.IntN(3)), Window: insight.Window{Value: 1 + r.IntN(6), Unit: insight.WindowMinute},
		}
		if steps > 1 && r.IntN(2) == 0 {
			q.Exclusions = append(q.Exclusions, insight.Exclusion{From: 0, To: steps - 1})
		}
		if steps > 2 && r.IntN(2) == 0 && q.Order != insight.Unordered {
			q.Exclusions = append(q.Exclusions, insight.Exclusion{From: 1, To: 2})
		}
		rows := randomRows(r, steps+len(q.Exclusions), q.Order == insight.Strict)
		var got [][]int
		for run := range fold.NewFunnel(q).Runs(rows) {
			got = append(got, slices.Clone(run.Rows))
			reached[run.Reached()]++
		}
		want := slowRuns(q, rows)
		require.Equal(t, want, got, "%+v %v", q, rows)
	}
	require.Greater(t, reached[4], 100, "some come to the end: %v", reached)
}

func randomRows(r *rand.Rand, matchers int, all bool) []insight.Row {
	rows := make([]insight.Row, r.IntN(12))
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i := range rows {
		at = at.Add(time.Duration(r.IntN(3)) * 30 * time.Second)
		rows[i] = insight.Row{At: at, ID: uuid.UUID{byte(i + 1)}, Matches: uint64(r.IntN(1 << matchers))}
		if r.IntN(2) == 0 {
			rows[i].Matches = 1 << r.IntN(matchers)
		}
		if rows[i].Matches == 0 && !all {
			rows[i].Matches = 1
		}
	}
	return rows
}

// slowRuns returns the places of the rows of each clean run.
func slowRuns(q insight.FunnelQuery, rows []insight.Row) [][]int {
	var runs [][]int
	for first := range rows {
		var run []int
		if q.Order == insight.Unordered {
			run = slowUnordered(q, rows, first)
		} else {
			run = slowOrdered(q, rows, first)
		}
		if run != nil && slowClean(q, rows, run) {
			runs = append(runs, run)
		}
	}
	return runs
}

func slowOrdered(q insight.FunnelQuery, rows []insight.Row, first int) []int {
	if rows[first].Matches&1 == 0 {
		return nil
	}
	run, end := []int{first}, q.Window.End(rows[first].At)
	for i := first + 1; i < len(rows) && len(run) < len(q.Steps); i++ {
		serves := rows[i].Matches>>len(run)&1 == 1 && rows[i].At.After(rows[run[len(run)-1]].At) && !rows[i].At.After(end)
		if serves {
			run = append(run, i)
		} else if q.Order == insight.Strict {
			break
		}
	}
	return run
}

func slowUnordered(q insight.FunnelQuery, rows []insight.Row, first int) []int {
	var run []int
	filled := map[int]bool{}
	end := q.Window.End(rows[first].At)
	for i := first; i < len(rows) && !rows[i].At.After(end); i++ {
		for step := range q.Steps {
			if !filled[step] && rows[i].Matches>>step&1 == 1 {
				filled[step] = true
				run = append(run, i)
				break
			}
		}
		if i == first && run == nil {
			return nil
		}
	}
	return run
}

func slowClean(q insight.FunnelQuery, rows []insight.Row, run []int) bool {
	for i, x := range q.Exclusions {
		if len(run) <= x.From {
			continue
		}
		begin, end := rows[run[x.From]].At, q.Window.End(rows[run[0]].At)
		if len(run) > x.To {
			end = rows[run[x.To]].At
		}
		for _, row := range rows {
			if row.Matches>>(len(q.Steps)+i)&1 == 1 && row.At.After(begin) && row.At.Before(end) {
				return false
			}
		}
	}
	return true
}
