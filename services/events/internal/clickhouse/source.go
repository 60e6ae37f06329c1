package clickhouse

import (
	"slices"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// source is the events that a question sees, as source.sql writes them.
type source struct {
	Unit       string
	Packages   bool // each event comes once for each of its packages
	Joined     bool // the developer's properties are there
	Start, End string
	Names      string // of every event that is wanted; empty when any may be
	Filter     events.Filter
	Stamps     string // as in shape
	Properties levels
	Where      []*condition

	st    *statement
	owned bool    // whose an event is decides what it counts for
	own   *lookup // of the filter's developers
}

// units are the names of insight.Unit in the templates.
var units = map[insight.Unit]string{
	insight.Developers: "developers", insight.Machines: "machines", insight.Projects: "projects", insight.Packages: "packages",
}

// source starts the events of a question within a range.
func (st *statement) source(q insight.Question, within events.Range) *source {
	src := st.bare(within)
	src.owned = false
	src.Filter = q.Filter
	if developers := q.Filter.DeveloperIDs; len(developers) > 0 {
		st.personal = true
		src.own, src.Stamps = st.lookAt(developers)
	}
	st.params.filter(q.Filter)
	st.params.within(within)
	src.Unit = units[q.By]
	src.Where = src.conditions(q.Properties)
	return src
}

// bare starts all events within a range, of developers.
func (st *statement) bare(within events.Range) *source {
	return &source{Unit: units[insight.Developers], Start: st.micros(within.Start), End: st.micros(within.End), st: st, owned: true}
}

// Overrides is how pending ones are looked up: where nothing depends on whose an event is, they need not be. The statement gets what that needs.
func (src *source) Overrides() *lookup {
	if len(src.Filter.DeveloperIDs) > 0 {
		return src.own
	}
	if !src.owned && !src.Joined && !slices.ContainsFunc(src.Where, (*condition).owned) {
		return nil
	}
	return src.st.look()
}

// acted has each event come for each of its actors.
func (src *source) acted() *source {
	src.Packages = src.Unit == units[insight.Packages]
	src.owned = src.owned || src.Unit == units[insight.Developers]
	return src
}

// only keeps the events that one of the matchers means.
func (src *source) only(matchers ...insight.Matcher) *source {
	src.named(matchers)
	if src.Names != "" && !slices.ContainsFunc(matchers, particular) {
		return src // a second condition on the names would be compared with every mark
	}
	either := &condition{Op: "any"}
	for _, m := range matchers {
		either.All = append(either.All, src.matcher(m))
	}
	src.Where = append(src.Where, either)
	return src
}

// particular tells whether a matcher looks at more than names.
func particular(m insight.Matcher) bool {
	return slices.ContainsFunc(m, func(a insight.Alternative) bool { return len(a.Properties) > 0 })
}

// named lets the server skip what has none of the names by its index, when only events of certain names are wanted.
func (src *source) named(matchers []insight.Matcher) {
	var names []string
	for _, m := range matchers {
		for _, a := range m {
			if a.Name == "" {
				return
			}
			names = append(names, a.Name)
		}
	}
	src.st.keyed = true
	slices.Sort(names)
	src.Names = src.st.texts(slices.Compact(names))
}

// matcher is a condition that holds for the events that a matcher means.
func (src *source) matcher(m insight.Matcher) *condition {
	either := &condition{Op: "any"}
	for _, a := range m {
		all := &condition{Op: "all", All: src.conditions(a.Properties)}
		if a.Name != "" {
			all.All = slices.Insert(all.All, 0, &condition{Op: "name", A: src.st.text(a.Name)})
		}
		either.All = append(either.All, all)
	}
	return either
}

// property returns a key of the events' own properties.
func (src *source) property(key string) *property {
	return src.of("properties", key)
}

// developerProperty returns a key of the properties of the events' developers.
func (src *source) developerProperty(key string) *property {
	src.Joined = true
	return src.of("developer_properties", key)
}

func (src *source) of(document, key string) *property {
	for _, p := range src.Properties {
		if p.Document == document && p.key == key {
			p.shared = true
			return p
		}
	}
	p := src.st.property(document, key)
	if document == "properties" {
		src.st.promote(p)
	}
	src.Properties = append(src.Properties, p)
	return p
}
