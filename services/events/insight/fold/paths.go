package fold

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"devtrail.dev/services/events/insight"
)

// Paths finds the ways of an actor from item to item.
type Paths struct {
	q         insight.PathsQuery
	keys      []string
	groupings []*regexp.Regexp
}

// NewPaths returns the fold of a question for paths.
func NewPaths(q insight.PathsQuery) Paths {
	p := Paths{q: q}
	for _, s := range q.Sources {
		if s.Property != "" && !slices.Contains(p.keys, s.Property) {
			p.keys = append(p.keys, s.Property)
		}
	}
	for _, g := range q.Groupings {
		parts := strings.Split(g, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		p.groupings = append(p.groupings, regexp.MustCompile(`(?s)\A`+strings.Join(parts, `.*`)+`\z`))
	}
	return p
}

// Sequences returns the question whose sequences the fold takes. A source of every custom event asks for events of all names; the fold tells them apart.
func (p Paths) Sequences() insight.SequenceQuery {
	var sources insight.Matcher
	for _, s := range p.q.Sources {
		sources = append(sources, insight.Alternative{Name: s.Name})
	}
	return insight.SequenceQuery{Question: p.q.Question, Matchers: []insight.Matcher{sources}, Names: true, Keys: p.keys}
}

// Step is one way that the actor took once. The target is the item of the next step.
type Step struct {
	Step   int // of the source, from 1
	Source string
	Target string
	Took   time.Duration
}

// item is a place on a way.
type item struct {
	name string
	at   time.Time
}

// Steps returns the ways of an actor.
func (p Paths) Steps(rows []insight.Row) []Step {
	var steps []Step
	for _, sequence := range p.split(p.items(rows)) {
		sequence = p.cut(collapse(sequence))
		for i := 1; i < len(sequence); i++ {
			a, b := sequence[i-1], sequence[i]
			steps = append(steps, Step{Step: i, Source: a.name, Target: b.name, Took: b.at.Sub(a.at)})
		}
	}
	return steps
}

// items takes from each event the item that its first source gives.
func (p Paths) items(rows []insight.Row) []item {
	var items []item
	for _, row := range rows {
		for _, s := range p.q.Sources {
			if s.Name != row.Name && (s.Name != "" || strings.HasPrefix(row.Name, "$")) {
				continue
			}
			name, ok := row.Name, true
			if s.Property != "" {
				part := row.Values[slices.Index(p.keys, s.Property)]
				name, ok = part.Text, !part.Missing
			}
			if ok {
				name, ok = p.shape(name)
			}
			if ok {
				items = append(items, item{name: name, at: row.At})
			}
			break
		}
	}
	return items
}

// shape gives an item the name that is shown; ok is false when it is excluded.
func (p Paths) shape(name string) (shaped string, ok bool) {
	if len(name) > 1 {
		name = strings.TrimSuffix(name, "/")
	}
	for _, c := range p.q.Cleaning {
		name = c.Pattern.ReplaceAllLiteralString(name, c.Alias)
	}
	for i, g := range p.groupings {
		if g.MatchString(name) {
			name = p.q.Groupings[i]
			break
		}
	}
	return name, !slices.Contains(p.q.Exclude, name)
}

// split begins a new sequence after a silence longer than the gap.
func (p Paths) split(items []item) [][]item {
	var sequences [][]item
	for i, it := range items {
		if i == 0 || it.at.Sub(items[i-1].at) > p.q.Gap {
			sequences = append(sequences, nil)
		}
		last := len(sequences) - 1
		sequences[last] = append(sequences[last], it)
	}
	return sequences
}

// collapse makes one item of neighbours with the same name: the last keeps its time.
func collapse(sequence []item) []item {
	var collapsed []item
	for _, it := range sequence {
		if n := len(collapsed); n > 0 && collapsed[n-1].name == it.name {
			collapsed[n-1] = it
			continue
		}
		collapsed = append(collapsed, it)
	}
	return collapsed
}

// cut keeps the part between the start and the end item, and at most as many steps as are asked for.
func (p Paths) cut(sequence []item) []item {
	named := func(name string) int {
		return slices.IndexFunc(sequence, func(it item) bool { return it.name == name })
	}
	if p.q.Start != "" {
		i := named(p.q.Start)
		if i < 0 {
			return nil
		}
		sequence = sequence[i:]
	}
	if p.q.End != "" {
		i := named(p.q.End)
		if i < 0 {
			return nil
		}
		sequence = sequence[:i+1]
		sequence = sequence[max(0, len(sequence)-p.q.StepLimit):]
	}
	return sequence[:min(p.q.StepLimit, len(sequence))]
}
