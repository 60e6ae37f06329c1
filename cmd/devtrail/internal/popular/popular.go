// Package popular finds the package that most developers touched, from the
// answers of the events service. It stands at the client's end of the path of
// a request; `devtrail demo` asks it.
package popular

import (
	"context"
	"iter"
	"slices"
	"strings"

	"devtrail.dev/kit/purl"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Package is a package and how many touched it.
type Package struct {
	Purl       string // without version
	Developers int    // distinct
	Events     int
}

// pageSize is the most that ListEvents gives at once.
const pageSize = 1000

// changes are the names of the events that touch packages.
var changes = []string{"package.added", "package.changed", "package.removed"}

// Find reads all package changes of a project and returns the package that
// most developers touched; among equals the one with more events, then the
// first by name. It is false when there are no package changes.
func Find(ctx context.Context, events eventsv1.EventServiceClient, project string) (Package, bool, error) {
	type count struct {
		developers map[string]bool
		events     int
	}
	counts := map[string]*count{}
	for event, err := range list(ctx, events, &eventsv1.EventFilter{Names: changes, Projects: []string{project}}) {
		if err != nil {
			return Package{}, false, err
		}
		for _, name := range packages(event) {
			c := counts[name]
			if c == nil {
				c = &count{developers: map[string]bool{}}
				counts[name] = c
			}
			c.events++
			if id := event.GetDeveloperId(); id != "" {
				c.developers[id] = true
			}
		}
	}
	var best Package
	for name, c := range counts {
		p := Package{Purl: name, Developers: len(c.developers), Events: c.events}
		if best.Purl == "" || p.above(best) {
			best = p
		}
	}
	return best, best.Purl != "", nil
}

func (p Package) above(q Package) bool {
	if p.Developers != q.Developers {
		return p.Developers > q.Developers
	}
	if p.Events != q.Events {
		return p.Events > q.Events
	}
	return p.Purl < q.Purl
}

// FirstAdded returns the earliest event that added the package to the project,
// nil when none did.
func FirstAdded(ctx context.Context, events eventsv1.EventServiceClient, project, name string) (*eventsv1.Event, error) {
	var first *eventsv1.Event
	filter := &eventsv1.EventFilter{Names: []string{"package.added"}, Projects: []string{project}, Packages: []string{name}}
	for event, err := range list(ctx, events, filter) {
		if err != nil {
			return nil, err
		}
		first = event // they come newest first
	}
	return first, nil
}

// list yields the events that match, newest first, page by page.
func list(ctx context.Context, events eventsv1.EventServiceClient, filter *eventsv1.EventFilter) iter.Seq2[*eventsv1.Event, error] {
	return func(yield func(*eventsv1.Event, error) bool) {
		request := &eventsv1.ListEventsRequest{Filter: filter, PageSize: pageSize}
		for {
			page, err := events.ListEvents(ctx, request)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, event := range page.GetEvents() {
				if !yield(event, nil) {
					return
				}
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				return
			}
		}
	}
}

// packages are the packages of an event without their versions, each once.
func packages(event *eventsv1.Event) []string {
	var names []string
	for _, text := range event.GetPackages() {
		p, err := purl.Parse(text)
		if err != nil {
			continue // an answer carries canonical purls only
		}
		names = append(names, p.Package())
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names)
}
