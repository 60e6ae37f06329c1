package fold

import (
	"sort"
	"time"

	"devtrail.dev/services/events/insight"
)

// Funnel finds the runs of an actor through the steps of a funnel.
type Funnel struct {
	steps      int
	order      insight.Order
	window     insight.Window
	exclusions []insight.Exclusion
}

// NewFunnel returns the fold of a funnel.
func NewFunnel(q insight.FunnelQuery) Funnel {
	return Funnel{steps: len(q.Steps), order: q.Order, window: q.Window, exclusions: q.Exclusions}
}

// Sequences returns the question whose sequences the fold takes: matcher i is step i, those of exclusions follow.
// The rows carry the properties of a breakdown by events, the sequences those of developers or cohorts.
func Sequences(q insight.FunnelQuery) insight.SequenceQuery {
	s := insight.SequenceQuery{Question: q.Question, All: q.Order == insight.Strict}
	s.Matchers = append(s.Matchers, q.Steps...)
	for _, x := range q.Exclusions {
		s.Matchers = append(s.Matchers, x.Matcher)
	}
	if b := q.Breakdown; b != nil {
		switch b.Scope {
		case insight.EventScope:
			s.Keys = b.Properties
		case insight.DeveloperScope:
			s.DeveloperKeys = b.Properties
		case insight.CohortScope:
			s.Cohorts = cohorts(b)
		}
	}
	return s
}

// cohorts are those of a breakdown without everybody, which is no membership.
func cohorts(b *insight.Breakdown) []*insight.Cohort {
	var list []*insight.Cohort
	for _, c := range b.Cohorts {
		if c != nil {
			list = append(list, c)
		}
	}
	return list
}

// Run is one try, clean of exclusions.
type Run struct {
	Rows  []int       // places of the rows that served steps, in their order; never empty
	Steps []int       // which step each served: 0, 1, 2 unless the funnel is unordered
	Times []time.Time // when
}

// Reached is how many steps the run took.
func (r Run) Reached() int { return len(r.Rows) }

// Serving returns the place of the row that served a step, -1 when the run did not reach it.
func (r Run) Serving(step int) int {
	for i, s := range r.Steps {
		if s == step {
			return r.Rows[i]
		}
	}
	return -1
}

// Runs returns the clean runs in the order of their first rows. Rows are all that [Sequences] asks for, in order.
func (f Funnel) Runs(rows []insight.Row) []Run {
	places := f.places(rows)
	var runs []Run
	for i, row := range rows {
		if row.Matches&f.opening() == 0 {
			continue
		}
		if run := f.run(rows, places, i); f.clean(rows, places, run) {
			runs = append(runs, run)
		}
	}
	return runs
}

// opening is the matchers whose events open a run.
func (f Funnel) opening() uint64 {
	if f.order == insight.Unordered {
		return 1<<f.steps - 1
	}
	return 1
}

// places lists, for each matcher, the places of its rows. It makes a run cheap however many events lie between its steps.
func (f Funnel) places(rows []insight.Row) [][]int {
	places := make([][]int, f.steps+len(f.exclusions))
	for i, row := range rows {
		for m := range places {
			if row.Matches&(1<<m) != 0 {
				places[m] = append(places[m], i)
			}
		}
	}
	return places
}

// run follows one try from the row that opens it.
func (f Funnel) run(rows []insight.Row, places [][]int, first int) Run {
	end := f.window.End(rows[first].At)
	if f.order == insight.Unordered {
		return f.unordered(rows, places, first, end)
	}
	var run Run
	for at := first; at >= 0; at = f.next(rows, places, run, end) {
		run = run.with(rows, at, len(run.Steps))
	}
	return run
}

func (r Run) with(rows []insight.Row, place, step int) Run {
	return Run{Rows: append(r.Rows, place), Steps: append(r.Steps, step), Times: append(r.Times, rows[place].At)}
}

// next returns the place of the row that serves the run's next step, -1 when there is none.
func (f Funnel) next(rows []insight.Row, places [][]int, run Run, end time.Time) int {
	step := len(run.Steps)
	if step == f.steps {
		return -1
	}
	last := run.Rows[step-1]
	next := last + 1
	if f.order == insight.Ordered {
		list := places[step]
		i := sort.Search(len(list), func(i int) bool { return rows[list[i]].At.After(rows[last].At) })
		if i == len(list) {
			return -1
		}
		next = list[i]
	}
	if next == len(rows) || rows[next].Matches&(1<<step) == 0 || !rows[next].At.After(rows[last].At) || rows[next].At.After(end) {
		return -1
	}
	return next
}

// unordered lets each row fill the first step it matches that is still open.
func (f Funnel) unordered(rows []insight.Row, places [][]int, first int, end time.Time) Run {
	var run Run
	open := uint64(1)<<f.steps - 1
	for at := first; at >= 0; at = firstAfter(places, open, at) {
		if rows[at].At.After(end) {
			break
		}
		for step := range f.steps {
			if open&rows[at].Matches&(1<<step) != 0 {
				open &^= 1 << step
				run = run.with(rows, at, step)
				break
			}
		}
	}
	return run
}

// firstAfter returns the first place after the given one of a row that matches an open step, -1 when there is none.
func firstAfter(places [][]int, open uint64, after int) int {
	found := -1
	for step, list := range places {
		if open&(1<<step) == 0 {
			continue
		}
		if i := sort.SearchInts(list, after+1); i < len(list) && (found < 0 || list[i] < found) {
			found = list[i]
		}
	}
	return found
}

// clean tells whether no excluded event lies strictly between the steps of its exclusion.
func (f Funnel) clean(rows []insight.Row, places [][]int, run Run) bool {
	end := f.window.End(run.Times[0])
	for i, x := range f.exclusions {
		if x.From >= len(run.Times) {
			continue
		}
		begin, until := run.Times[x.From], end
		if x.To < len(run.Times) {
			until = run.Times[x.To]
		}
		list := places[f.steps+i]
		j := sort.Search(len(list), func(j int) bool { return rows[list[j]].At.After(begin) })
		if j < len(list) && rows[list[j]].At.Before(until) {
			return false
		}
	}
	return true
}

// Opens tells whether an event may open a run.
func (f Funnel) Opens(row insight.Row) bool { return row.Matches&f.opening() != 0 }
