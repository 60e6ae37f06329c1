package clickhouse

import (
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// property is one key of a column of JSON objects, as property.sql cuts it out.
type property struct {
	N        int // apart from every other of the statement
	Document string
	Number   bool // the number form is wanted
	Time     bool // the time form is wanted
	Odd      bool // the key may look like what stands between two texts, so finding it in the text proves nothing

	Key     string // the key
	Name    string // as JSON writes it
	Spelled string // as JSON may write it, too: with \u005c for each backslash
	Quoted  string // the name with its quotes
	Member  string // with quotes and colon
	Head    string // as the first member of an object
	Next    string // as another

	NumberPattern, TimePattern string

	// Of a promoted property: the column that has the value behind a mark, and the place of its first character.
	Column, Mark string
	From         int

	Grouped bool // rows are grouped by what is found of it before its text is taken, and nothing else looks at it
	key     string
	shared  bool // more than one thing looks at it
	st      *statement
}

// Doubtful tells whether rows must be expected whose value is not in the column of the promoted property. Where it does not, such a row ends the question,
// which is then asked again.
func (p *property) Doubtful() bool { return p.st.doubtful }

// Late tells whether the value is taken from the column of the promoted property of groups only, and not of each row.
func (p *property) Late() bool { return p.Grouped && p.Column != "" && !p.Doubtful() }

// Marked is where the value stands behind its mark.
func (p *property) Marked() string {
	if p.Late() {
		return "raw" + strconv.Itoa(p.N)
	}
	return p.Column
}

// promoted has the value taken from a column.
func (p *property) promoted(by catalog.Promoted) {
	p.Column, p.Mark, p.From = by.Column(), p.st.text(by.Mark()), len(by.Mark())+1
}

// levels are properties with the SELECTs that property.sql puts around what has their documents.
type levels []*property

// Deep tells whether more than the text of a property is wanted.
func (l levels) Deep() bool {
	return slices.ContainsFunc(l, func(p *property) bool { return p.Number || p.Time })
}

func (st *statement) property(document, key string) *property {
	name := events.MemberName(key)
	p := &property{
		N: st.numbers, Document: document, key: key, st: st,
		Odd:     name == "" || strings.IndexByte(":,]}", name[0]) >= 0,
		Key:     st.text(key),
		Name:    st.text(name),
		Spelled: st.text(strings.ReplaceAll(name, `\\`, `\u005c`)),
		Quoted:  st.text(`"` + name + `"`),
		Member:  st.text(`"` + name + `":`),
		Head:    st.text(`{"` + name + `":`),
		Next:    st.text(`,"` + name + `":`),
	}
	st.numbers++
	return p
}

// number has the number form worked out.
func (p *property) number(st *statement) *property {
	p.Number, p.NumberPattern = true, st.text(insight.NumberPattern)
	return p
}

// time has the time form worked out.
func (p *property) time(st *statement) *property {
	p.Time, p.TimePattern = true, st.text(insight.TimePattern)
	return p
}
