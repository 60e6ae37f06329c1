package clickhouse

import (
	"slices"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// source is the events that a question sees, as source.sql writes them.
type source struct {
	Overrides  bool
	Unit       string
	Packages   bool // each event comes once for each of its packages
	Joined     bool // the developer's properties are there
	Start, End string
	Names      string // of every event that is wanted; empty when any may be
	Filter     events.Filter
	Properties levels
	Where      []*condition

	st *statement
}

// units are the names of insight.Unit in the templates.
var units = map[insight.Unit]string{
	insight.Developers: "developers", insight.Machines: "machines", insight.Projects: "projects", insight.Packages: "packages",
}

// source starts the events of a question within a range.
func (st *statement) source(q insight.Question, within events.Range) *source {
	src := st.bare(within)
	src.Filter = q.Filter
	st.params.filter(q.Filter)
	st.params.within(within)
	src.Unit = units[q.By]
	src.Where = src.conditions(q.Properties)
	return src
}

// bare starts all events within a range.
func (st *statement) bare(within events.Range) *source {
	return &source{
		Overrides: st.overrides, Unit: units[insight.Developers],
		Start: st.micros(within.Start), End: st.micros(within.End), st: st,
	}
}

// acted has each event come for each of its actors.
func (src *source) acted() *source {
	src.Packages = src.Unit == units[insight.Packages]
	return src
}

// only keeps the events that one of the matchers means.
func (src *source) only(matchers ...insight.Matcher) *source {
	either := &condition{Op: "any"}
	for _, m := range matchers {
		either.All = append(either.All, src.matcher(m))
	}
	src.Where = append(src.Where, either)
	src.named(matchers)
	return src
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
			return p
		}
	}
	p := src.st.property(document, key)
	src.Properties = append(src.Properties, p)
	return p
}
