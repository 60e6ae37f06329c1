package clickhouse

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// property is one key of a column of JSON objects, as property.sql cuts it out.
type property struct {
	N        int // apart from every other of the statement
	Document string
	Number   bool // the number form is wanted
	Time     bool // the time form is wanted
	Odd      bool // the key may look like what stands between two texts, so finding it in the text proves nothing

	Key    string // the key
	Name   string // as JSON writes it
	Quoted string // with its quotes
	Member string // with quotes and colon
	Head   string // as the first member of an object
	Next   string // as another

	NumberPattern, TimePattern string

	key string
}

// levels are properties with the SELECTs that property.sql puts around what has their documents.
type levels []*property

// Deep tells whether more than the text of a property is wanted.
func (l levels) Deep() bool {
	return slices.ContainsFunc(l, func(p *property) bool { return p.Number || p.Time })
}

func (st *statement) property(document, key string) *property {
	name := jsonText(key)
	p := &property{
		N: st.numbers, Document: document, key: key,
		Odd:    name == "" || strings.IndexByte(":,]}", name[0]) >= 0,
		Key:    st.text(key),
		Name:   st.text(name),
		Quoted: st.text(`"` + name + `"`),
		Member: st.text(`"` + name + `":`),
		Head:   st.text(`{"` + name + `":`),
		Next:   st.text(`,"` + name + `":`),
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

// jsonText returns a key as canonical JSON writes it between its quotes. A key that is no text is in no object: what comes back is in none either.
func jsonText(key string) string {
	text, err := json.Marshal(key)
	if err != nil || !utf8.ValidString(key) {
		return "\x00"
	}
	object, err := events.CanonicalObject("{" + string(text) + ":0}")
	if err != nil {
		return "\x00"
	}
	return object[2 : len(object)-4]
}
