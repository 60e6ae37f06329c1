package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/overrides"
)

// relation is the events that a statement looks at, with what must be joined to them; the templates of event.sql read it.
type relation struct {
	Start, End string // parameters
	Where      []condition
	By         by
	Parts      *parts   // of a breakdown by properties
	Kept       string   // parameter: the composites of keys, numbered by k.place
	Cohorts    []cohort // of a breakdown by cohorts, numbered by k.place

	// What the conditions and columns need.
	Overrides, Packages, Document bool
	Acting                        bool // every event has an actor

	// Compared are the overrides that are compared with the actors of events; without any they are joined.
	Compared []comparison
	// Moved is the parameter of the developers with whose events alone overrides are compared: all whom those may be stamped with. All other events are read as
	// if nothing was pending, from indexes alone where they have what is wanted. It is empty when overrides are looked up for all events.
	Moved string
	// Side is others or moved in one of the two sides of a relation that Moved divides.
	Side string

	overridden bool
	within     events.Range
}

// by is what an actor is.
type by struct{ Developers, Machines, Projects bool }

// parts are the properties of a breakdown.
type parts struct {
	Developer bool
	Keys      []property
}

// cohort is one of a breakdown.
type cohort struct {
	Place  string // parameter
	Member condition
}

// about starts a relation with the events of a question, in a range.
func (q *query) about(ctx context.Context, asked insight.Question, within events.Range) (*relation, error) {
	r := &relation{
		Start: q.param(within.Start), End: q.param(within.End), within: within,
		By: by{Developers: asked.By == insight.Developers, Machines: asked.By == insight.Machines, Projects: asked.By == insight.Projects},
	}
	if developers := asked.Filter.DeveloperIDs; len(developers) > 0 { // before anything asks whose the events are
		if err := q.own(ctx, r, developers); err != nil {
			return nil, err
		}
	} else {
		q.look(r, q.pending)
		if moved := overrides.Moved(q.pending); len(moved) > 0 && !slices.Contains(moved, uuid.Nil) { // many events are nobody's
			r.Moved = q.param(moved)
		}
	}
	r.Where = append(r.Where, q.filter(r, asked.Filter)...)
	if err := q.learnPromoted(ctx); err != nil {
		return nil, err
	}
	properties, err := q.filters(ctx, r, asked.Properties, "")
	r.Where = append(r.Where, properties...)
	return r, err
}

// Sides are the relation, or the two that it consists of where the events of some developers are read in another way. A statement that reads them one after the other and
// computes what it wants in each has two steps less a row than one that computes it of both together. It is worth that only where the conditions look at nothing but
// the event: what they look up beside it would be looked up in each.
func (r *relation) Sides() []*relation {
	if !r.Overrides || r.Moved == "" || slices.ContainsFunc(r.Where, condition.looksUp) {
		return []*relation{r}
	}
	others, moved := *r, *r
	others.Side, moved.Side = "others", "moved"
	return []*relation{&others, &moved}
}

// developers notes that the developers of events are asked for.
func (r *relation) developers() { r.Overrides = r.overridden }

// actors notes that the actors of events are asked for.
func (r *relation) actors() {
	switch {
	case r.By.Developers:
		r.developers()
	case !r.By.Machines && !r.By.Projects:
		r.Packages = true
	}
}

// acting keeps the events that have an actor.
func (r *relation) acting() {
	r.actors()
	r.Acting = true
	r.Where = append(r.Where, condition{Kind: "acting", In: r})
}

// filter is the conditions of the filter that all questions of the service share.
func (q *query) filter(r *relation, f events.Filter) []condition {
	var list []condition
	add := func(kind string, some bool, value any) {
		if some {
			list = append(list, condition{Kind: kind, In: r, Value: q.param(value)})
		}
	}
	kinds := make([]int16, len(f.SourceKinds))
	for i, k := range f.SourceKinds {
		kinds[i] = int16(k)
	}
	add("names", len(f.Names) > 0, f.Names)
	add("projects", len(f.Projects) > 0, f.Projects)
	add("source_kinds", len(kinds) > 0, kinds)
	add("tools", len(f.Tools) > 0, f.Tools)
	add("machines", len(f.Machines) > 0, f.Machines)
	if len(f.DeveloperIDs) > 0 {
		r.developers()
	}
	add("developers", len(f.DeveloperIDs) > 0, f.DeveloperIDs)
	if len(f.Packages) > 0 {
		whole, versioned, versions := splitPackages(f.Packages)
		list = append(list, condition{Kind: "packages", In: r, Value: q.param(whole), Low: q.param(versioned), High: q.param(versions)})
	}
	return list
}

// split joins the properties of a breakdown.
func (r *relation) split(q *query, scope insight.Scope, properties []string) {
	r.Parts = &parts{Developer: scope == insight.DeveloperScope}
	if r.Parts.Developer {
		r.developers()
	}
	for _, key := range properties {
		if r.Parts.Developer {
			r.Parts.Keys = append(r.Parts.Keys, q.developerProperty(key))
		} else {
			r.Parts.Keys = append(r.Parts.Keys, q.property(r, key))
		}
	}
}
