package fold

import (
	"math/bits"
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
	starts := 0
	for _, row := range rows {
		if f.Opens(row) {
			starts++
		}
	}
	if starts == 0 {
		return nil
	}
	t := f.track(rows, starts)
	runs := make([]Run, 0, starts)
	for i, row := range rows {
		if !f.Opens(row) {
			continue
		}
		if run := t.run(i); t.clean(run) {
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

// track is the events of an actor on which runs are sought.
type track struct {
	Funnel
	rows   []insight.Row
	places [][]int // of the rows of each matcher: a run is cheap however many events lie between its steps
	ints   []int   // what runs are made of, taken piece by piece
	times  []time.Time
}

func (f Funnel) track(rows []insight.Row, starts int) *track {
	t := &track{Funnel: f, rows: rows, ints: make([]int, 2*starts*f.steps), times: make([]time.Time, starts*f.steps)}
	counts := make([]int, f.steps+len(f.exclusions))
	total := 0
	for _, row := range rows {
		for m := range counts {
			if row.Matches&(1<<m) != 0 {
				counts[m]++
				total++
			}
		}
	}
	all := make([]int, total)
	t.places = make([][]int, len(counts))
	for m, n := range counts {
		t.places[m], all = all[:0:n], all[n:]
	}
	for i, row := range rows {
		for m := range counts {
			if row.Matches&(1<<m) != 0 {
				t.places[m] = append(t.places[m], i)
			}
		}
	}
	return t
}

// fresh returns an empty run with room for all steps.
func (t *track) fresh() Run {
	n := t.steps
	run := Run{Rows: t.ints[:0:n], Steps: t.ints[n : n : 2*n], Times: t.times[:0:n]}
	t.ints, t.times = t.ints[2*n:], t.times[n:]
	return run
}

// take adds a row to a run.
func (t *track) take(r *Run, place, step int) {
	r.Rows, r.Steps, r.Times = append(r.Rows, place), append(r.Steps, step), append(r.Times, t.rows[place].At)
}

// run follows one try from the row that opens it.
func (t *track) run(first int) Run {
	run, end := t.fresh(), t.window.End(t.rows[first].At)
	if t.order == insight.Unordered {
		t.unordered(&run, first, end)
		return run
	}
	for at := first; at >= 0; at = t.next(run, end) {
		t.take(&run, at, len(run.Steps))
	}
	return run
}

// next returns the place of the row that serves the run's next step, -1 when there is none.
func (t *track) next(run Run, end time.Time) int {
	step := len(run.Steps)
	if step == t.steps {
		return -1
	}
	last := run.Rows[step-1]
	next := last + 1
	if t.order == insight.Ordered {
		i := t.after(t.places[step], t.rows[last].At)
		if i == len(t.places[step]) {
			return -1
		}
		next = t.places[step][i]
	}
	if next == len(t.rows) || t.rows[next].Matches&(1<<step) == 0 || !t.rows[next].At.After(t.rows[last].At) || t.rows[next].At.After(end) {
		return -1
	}
	return next
}

// after returns which of the places is the first of a row later than a time.
func (t *track) after(places []int, at time.Time) int {
	return sort.Search(len(places), func(i int) bool { return t.rows[places[i]].At.After(at) })
}

// unordered lets each row fill the first step it matches that is still open.
func (t *track) unordered(run *Run, first int, end time.Time) {
	open := uint64(1)<<t.steps - 1
	for at := first; at >= 0 && !t.rows[at].At.After(end); at = t.firstOpen(open, at) {
		step := bits.TrailingZeros64(open & t.rows[at].Matches)
		open &^= 1 << step
		t.take(run, at, step)
	}
}

// firstOpen returns the first place after the given one of a row that matches an open step, -1 when there is none.
func (t *track) firstOpen(open uint64, after int) int {
	found := -1
	for step := range t.steps {
		if open&(1<<step) == 0 {
			continue
		}
		list := t.places[step]
		if i := sort.SearchInts(list, after+1); i < len(list) && (found < 0 || list[i] < found) {
			found = list[i]
		}
	}
	return found
}

// clean tells whether no excluded event lies strictly between the steps of its exclusion.
func (t *track) clean(run Run) bool {
	for i, x := range t.exclusions {
		if x.From >= len(run.Times) {
			continue
		}
		begin, until := run.Times[x.From], t.window.End(run.Times[0])
		if x.To < len(run.Times) {
			until = run.Times[x.To]
		}
		list := t.places[t.steps+i]
		if j := t.after(list, begin); j < len(list) && t.rows[list[j]].At.Before(until) {
			return false
		}
	}
	return true
}

// Opens tells whether an event may open a run.
func (f Funnel) Opens(row insight.Row) bool { return row.Matches&f.opening() != 0 }
