// Package learn makes the definitions of a catalog from the events of a store: a fold over the events of a day, and a loop in the background that folds
// the days that have changed. It stands beside the desk; nothing of it is in the way of an event.
package learn

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// What a day is learned of at most: keys of events of one name (the first by their bytes), characters of a key and of an example.
const (
	MaxKeys          = 1000
	MaxKeyLength     = 1000
	MaxExampleLength = 200
)

// Fold learns from events, each of which it must be given once. Its result does not depend on their order. The zero value is ready.
type Fold struct {
	days map[int32]*day
}

// day is what one UTC day has shown.
type day struct {
	events int64
	rows   map[rowKey]*row
	paths  map[string][]*row // of a name: the rows of an event, in its order, first the name's own; the next event of the name is mostly alike
}

type rowKey struct {
	name, key string
	kind      catalog.Type
}

// row is a row with the id of the event that its example is of: of two at one time the greater counts.
type row struct {
	catalog.Learned
	last uuid.UUID
	raw  string
}

// Add learns from an event.
func (f *Fold) Add(o catalog.Occurrence) {
	if f.days == nil {
		f.days = make(map[int32]*day)
	}
	number := catalog.DayOf(o.At)
	d := f.days[number]
	if d == nil {
		d = &day{paths: make(map[string][]*row), rows: make(map[rowKey]*row)}
		f.days[number] = d
	}
	d.events++
	path, known := d.paths[o.Name]
	before, at := len(path), 0
	see := func(key, raw string, kind catalog.Type) {
		if at == len(path) {
			path = append(path, nil)
		}
		r := path[at]
		if r == nil || r.Key != key || r.Type != kind {
			if strings.IndexByte(key, 0) >= 0 || utf8.RuneCountInString(key) > MaxKeyLength {
				return
			}
			r = d.row(rowKey{name: o.Name, key: key, kind: kind}, &o)
			path[at] = r
		}
		at++
		r.see(&o, raw)
	}
	see("", "", catalog.NoType)
	members(o.Properties, func(key, raw string) {
		if key != "" {
			see(key, raw, typeOf(raw))
		}
	})
	if !known || len(path) > before {
		d.paths[o.Name] = path
	}
}

// row returns the row of a key, which may be a new one that begins with an event.
func (d *day) row(k rowKey, o *catalog.Occurrence) *row {
	r := d.rows[k]
	if r == nil {
		r = &row{Learned: catalog.Learned{Name: k.name, Key: k.key, Type: k.kind, First: o.At, Last: o.At}}
		d.rows[k] = r
	}
	return r
}

// see counts an event.
func (r *row) see(o *catalog.Occurrence, raw string) {
	r.Count++
	if o.At.Before(r.First) {
		r.First = o.At
	}
	if c := o.At.Compare(r.Last); c > 0 || c == 0 && bytes.Compare(o.ID[:], r.last[:]) >= 0 {
		r.Last, r.last, r.raw = o.At, o.ID, raw
	}
}

// typeOf tells the type of canonical JSON by its first byte.
func typeOf(raw string) catalog.Type {
	switch raw[0] {
	case '"':
		return catalog.Text
	case 't', 'f':
		return catalog.Boolean
	case 'n':
		return catalog.Null
	case '{':
		return catalog.Object
	case '[':
		return catalog.Array
	}
	return catalog.Number
}

// Events is how many events were added.
func (f *Fold) Events() int64 {
	var n int64
	for _, d := range f.days {
		n += d.events
	}
	return n
}

// Days returns what was learned, by day.
func (f *Fold) Days() []catalog.LearnedDay {
	var days []catalog.LearnedDay
	for number, d := range f.days {
		learned := catalog.LearnedDay{DayCount: catalog.DayCount{Day: number, Events: d.events}}
		for _, r := range d.rows {
			r.Example = example(r.Type, r.raw)
			learned.Rows = append(learned.Rows, r.Learned)
		}
		slices.SortFunc(learned.Rows, catalog.Learned.Compare)
		learned.Rows = bounded(learned.Rows)
		days = append(days, learned)
	}
	slices.SortFunc(days, func(a, b catalog.LearnedDay) int { return int(a.Day) - int(b.Day) })
	return days
}

// bounded leaves out the keys of a name beyond the first ones. The rows must be in order.
func bounded(rows []catalog.Learned) []catalog.Learned {
	keys, name, key := 0, "", ""
	return slices.DeleteFunc(rows, func(r catalog.Learned) bool {
		if r.Name != name {
			keys, name, key = 0, r.Name, ""
		}
		if r.Key != key {
			keys, key = keys+1, r.Key
		}
		return keys > MaxKeys
	})
}

// example is the text form of a value, cut. One that no store could keep is none.
func example(kind catalog.Type, raw string) string {
	if kind == catalog.NoType || kind == catalog.Null {
		return ""
	}
	text, _ := insight.Properties{"v": json.RawMessage(raw)}.Text("v")
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return ""
	}
	cut := 0
	for i := range text {
		if cut == MaxExampleLength {
			return text[:i]
		}
		cut++
	}
	return text
}
