package fold

import (
	"iter"
	"math/bits"
	"slices"
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

// Runs goes through the clean runs in the order of their first rows. Rows are all that [Sequences] asks for, in order.
// A run is good until the next one: all are made in one room, so that the many first steps of one actor take no more than their rows.
func (f Funnel) Runs(rows []insight.Row) iter.Seq[Run] {
	return func(yield func(Run) bool) {
		var t *track
		for i, row := range rows {
			if !f.Opens(row) {
				continue
			}
			if t == nil { // who never begins needs none
				t = f.track(rows)
			}
			if run := t.run(i); t.clean(run) && !yield(run) {
				return
			}
		}
	}
}

// opening is the matchers whose events open a run.
func (f Funnel) opening() uint64 {
	if f.order == insight.Unordered {
		return 1<<f.steps - 1
	}
	return 1
}

// sought is the matchers whose next event is looked up: those of exclusions, and those of steps that may lie anywhere behind the one before.
func (f Funnel) sought() uint64 {
	all := uint64(1)<<(f.steps+len(f.exclusions)) - 1
	switch f.order {
	case insight.Ordered:
		return all &^ 1
	case insight.Strict:
		return all &^ (1<<f.steps - 1)
	case insight.Unordered:
	}
	return all
}

// track is the events of an actor on which runs are sought.
type track struct {
	Funnel
	rows   []insight.Row
	places [][]int32 // of the rows of each matcher that is sought: a run is cheap however many events lie between its steps
	room   Run       // of the run that is followed
}

func (f Funnel) track(rows []insight.Row) *track {
	ints := make([]int, 2*f.steps)
	t := &track{Funnel: f, rows: rows, room: Run{Rows: ints[:0:f.steps], Steps: ints[f.steps:f.steps], Times: make([]time.Time, 0, f.steps)}}
	sought := f.sought()
	counts := make([]int, f.steps+len(f.exclusions))
	total := 0
	for _, row := range rows {
		for found := row.Matches & sought; found != 0; found &= found - 1 {
			counts[bits.TrailingZeros64(found)]++
			total++
		}
	}
	all := make([]int32, total)
	t.places = make([][]int32, len(counts))
	for m, n := range counts {
		t.places[m], all = all[:0:n], all[n:]
	}
	for i, row := range rows {
		for found := row.Matches & sought; found != 0; found &= found - 1 {
			m := bits.TrailingZeros64(found)
			t.places[m] = append(t.places[m], int32(i))
		}
	}
	return t
}

// take adds a row to a run.
func (t *track) take(r *Run, place, step int) {
	r.Rows, r.Steps, r.Times = append(r.Rows, place), append(r.Steps, step), append(r.Times, t.rows[place].At)
}

// run follows one try from the row that opens it.
func (t *track) run(first int) Run {
	run, end := Run{Rows: t.room.Rows[:0], Steps: t.room.Steps[:0], Times: t.room.Times[:0]}, t.window.End(t.rows[first].At)
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
		next = int(t.places[step][i])
	}
	if next == len(t.rows) || t.rows[next].Matches&(1<<step) == 0 || !t.rows[next].At.After(t.rows[last].At) || t.rows[next].At.After(end) {
		return -1
	}
	return next
}

// after returns which of the places is the first of a row later than a time.
func (t *track) after(places []int32, at time.Time) int {
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
		if i, _ := slices.BinarySearch(list, int32(after+1)); i < len(list) && (found < 0 || int(list[i]) < found) {
			found = int(list[i])
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
