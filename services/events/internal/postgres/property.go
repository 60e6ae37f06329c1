package postgres

import (
	"strconv"

	"devtrail.dev/services/events/catalog"
)

// property is a key of a JSON object, as the templates of property.sql read it. It prints as the parameter that has the key.
type property struct {
	Param string
	// Of a promoted property of events: the column that has the value, the parameter that has its mark, and where what is behind it begins.
	Column, Mark string
	From, Text   string
}

// String is the parameter.
func (p property) String() string { return p.Param }

// slot is a property whose values are in a slot.
func (q *query) slot(key string, by catalog.Promoted) property {
	from := len(by.Mark()) + 1
	return property{
		Param: q.param(coded(key)), Column: by.Column(), Mark: q.param(by.Mark()), From: strconv.Itoa(from), Text: strconv.Itoa(from + 1),
	}
}

// property is a key of the properties of the events of a relation.
func (q *query) property(r *relation, key string) property {
	q.looked(key)
	for _, by := range q.promoted {
		if by.Key == key && by.Active() {
			return q.slot(key, by)
		}
	}
	r.Document = true
	return property{Param: q.param(coded(key))}
}

// developerProperty is a key of the properties of developers.
func (q *query) developerProperty(key string) property { return property{Param: q.param(coded(key))} }
