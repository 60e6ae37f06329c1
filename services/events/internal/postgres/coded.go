package postgres

import (
	"strings"

	"devtrail.dev/services/events/insight"
)

// Postgres has no text with a zero character, properties may. In questions the four characters from zero on are written as three each, of which
// only the first is \x01: what is searched for is then found exactly where it is, and the order of texts by their bytes stays the same.
// The templates of property.sql do the same to the JSON of events.
var (
	toCoded   = strings.NewReplacer("\x00", "\x01\x02\x02", "\x01", "\x01\x02\x03", "\x02", "\x01\x03\x02", "\x03", "\x01\x03\x03")
	fromCoded = strings.NewReplacer("\x01\x02\x02", "\x00", "\x01\x02\x03", "\x01", "\x01\x03\x02", "\x02", "\x01\x03\x03", "\x03")
)

func coded(text string) string { return toCoded.Replace(text) }

func decoded(text string) string { return fromCoded.Replace(text) }

func codedAll(texts []string) []string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = coded(t)
	}
	return list
}

// composite is a key of a breakdown by so many properties as one text, as the template of the same name makes it.
func composite(key insight.Key, parts int) string {
	list := make([]string, parts)
	for i := range list {
		list[i] = "\x01m"
		if i < len(key.Parts) && !key.Parts[i].Missing {
			list[i] = coded(key.Parts[i].Text)
		}
	}
	return strings.Join(list, "\x01s")
}

// partsOf reads an array of text forms.
func partsOf(texts []*string) []insight.Part {
	var list []insight.Part
	for _, t := range texts {
		part := insight.Part{Missing: t == nil}
		if t != nil {
			part.Text = decoded(*t)
		}
		list = append(list, part)
	}
	return list
}
