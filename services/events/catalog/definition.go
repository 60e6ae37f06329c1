package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// MaxExamples and MaxEventNames are how many examples and names of events a definition shows.
const (
	MaxExamples   = 5
	MaxEventNames = 100
)

// Definition is what is known of the events of a name, or of a key of properties: what was learned and what people say.
type Definition struct {
	Name        string // or key
	Description string
	Note
	Revision   int64 // of what people say; 0 when they say nothing
	Events     int64
	First      time.Time // the zero time when nothing was seen
	Last       time.Time
	Types      map[Type]int64 // of a key: events by the type of the value
	Examples   []string       // of a key: newest first
	EventNames []string       // of a key: ascending
}

// Note is what people say of a definition besides words.
type Note struct {
	Verified bool `json:"verified,omitempty"`
	Hidden   bool `json:"hidden,omitempty"`
}

// Write returns the note as a store keeps it.
func (n Note) Write() ([]byte, error) { return json.Marshal(n) }

// ReadNote reads what Write wrote; nothing is the zero note.
func ReadNote(body []byte) (n Note, err error) {
	if len(body) == 0 {
		return n, nil
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return n, fmt.Errorf("read a note: %w", err)
	}
	return n, nil
}

// Define puts what was learned and what people say together, ordered by the bytes of names: of event notes for the events, of property notes for
// the keys, of events of one name when it is not empty.
func Define(kind Kind, event string, learned []Learned, notes []Item) ([]Definition, error) {
	all := make(map[string]*Definition)
	examples := make(map[string][]Learned)
	for _, l := range learned {
		name := l.Name
		if kind == PropertyNote {
			name = l.Key
		}
		if (l.Key == "") != (kind == EventNote) || event != "" && l.Name != event {
			continue
		}
		d := all[name]
		if d == nil {
			d = &Definition{Name: name, First: l.First, Types: make(map[Type]int64)}
			all[name] = d
		}
		d.add(l)
		examples[name] = append(examples[name], l)
	}
	for name, rows := range examples {
		all[name].show(rows)
	}
	for _, note := range notes {
		d := all[note.Name]
		if d == nil {
			if event != "" { // the event has no such key
				continue
			}
			d = &Definition{Name: note.Name}
			all[note.Name] = d
		}
		var err error
		if d.Note, err = ReadNote(note.Body); err != nil {
			return nil, err
		}
		d.Description, d.Revision = note.Description, note.Revision
	}
	var list []Definition
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[name])
	}
	return list, nil
}

func (d *Definition) add(l Learned) {
	d.Events += l.Count
	if l.First.Before(d.First) {
		d.First = l.First
	}
	if l.Last.After(d.Last) {
		d.Last = l.Last
	}
	if l.Type != NoType {
		d.Types[l.Type] += l.Count
		if n := len(d.EventNames); (n == 0 || d.EventNames[n-1] != l.Name) && n < MaxEventNames {
			d.EventNames = append(d.EventNames, l.Name)
		}
	}
}

// show takes the newest examples, each once.
func (d *Definition) show(rows []Learned) {
	slices.SortStableFunc(rows, func(a, b Learned) int { return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.Example, b.Example)) })
	for _, l := range rows {
		if l.Example != "" && len(d.Examples) < MaxExamples && !slices.Contains(d.Examples, l.Example) {
			d.Examples = append(d.Examples, l.Example)
		}
	}
}
