package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Exposure goes through the events that touch the package and counts each under its keys.
func (s *Store) Exposure(ctx context.Context, id uuid.UUID, q events.ExposureQuery) (events.Exposure, error) {
	touching, err := s.matching(ctx, id, q.Range, events.Filter{Packages: []events.PackageVersion{{Package: q.Package}}})
	if err != nil {
		return events.Exposure{}, err
	}
	asked := func(row events.PackageRow) bool {
		return row.Package == q.Package && (q.Versions == nil || slices.Contains(q.Versions, row.Version))
	}
	touching = slices.DeleteFunc(touching, func(e events.Event) bool { return !slices.ContainsFunc(e.PackageRows(), asked) })
	var all events.Sighting
	developers, actors, owners := tally[uuid.UUID]{}, tally[events.Identity]{}, map[events.Identity]uuid.UUID{}
	projects, sources, machines, versions := tally[string]{}, tally[events.Tool]{}, tally[string]{}, tally[string]{}
	for _, e := range touching {
		all = seenAt(all, e.OccurredAt)
		developers.add(e.DeveloperID, e.OccurredAt)
		projects.add(e.Project, e.OccurredAt)
		sources.add(events.Tool{Kind: e.Source.Kind, Name: e.Source.Tool}, e.OccurredAt)
		machines.add(e.Source.Machine, e.OccurredAt)
		if e.Actor.Known() {
			actors.add(e.Actor, e.OccurredAt)
			if events.CompareID(e.DeveloperID, owners[e.Actor]) > 0 {
				owners[e.Actor] = e.DeveloperID
			}
		}
		for _, row := range e.PackageRows() {
			if asked(row) {
				versions.add(row.Version, e.OccurredAt)
			}
		}
	}
	delete(developers, uuid.Nil)
	delete(projects, "")
	delete(machines, "")
	return events.Exposure{
		Sighting:   all,
		Developers: ranked(developers, q.Limit, events.CompareID),
		Actors:     owned(ranked(actors, q.Limit, events.Identity.Compare), owners),
		Projects:   ranked(projects, q.Limit, strings.Compare),
		Sources:    ranked(sources, q.Limit, compareTools),
		Machines:   ranked(machines, q.Limit, strings.Compare),
		Versions:   ranked(versions, q.Limit, strings.Compare),
	}, nil
}

// PackageVersions lists the versions that the events name.
func (s *Store) PackageVersions(ctx context.Context, id uuid.UUID, pkg string, r events.Range) ([]string, error) {
	touching, err := s.matching(ctx, id, r, events.Filter{Packages: []events.PackageVersion{{Package: pkg}}})
	if err != nil {
		return nil, err
	}
	var versions []string
	for _, e := range touching {
		for _, row := range e.PackageRows() {
			if row.Package == pkg {
				versions = append(versions, row.Version)
			}
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions), nil
}

// tally counts sightings by key.
type tally[K comparable] map[K]events.Sighting

func (t tally[K]) add(key K, at time.Time) { t[key] = seenAt(t[key], at) }

// seenAt adds one sighting.
func seenAt(s events.Sighting, at time.Time) events.Sighting {
	if s.Count == 0 || at.Before(s.First) {
		s.First = at
	}
	if s.Count == 0 || at.After(s.Last) {
		s.Last = at
	}
	s.Count++
	return s
}

// ranked orders a tally by count, most first, then by key, and cuts it.
func ranked[K comparable](t tally[K], limit int, compare func(a, b K) int) events.Sightings[K] {
	if len(t) == 0 {
		return events.Sightings[K]{}
	}
	rows := make([]events.Seen[K], 0, len(t))
	for key, sighting := range t {
		rows = append(rows, events.Seen[K]{Key: key, Sighting: sighting})
	}
	slices.SortFunc(rows, func(a, b events.Seen[K]) int {
		return cmp.Or(cmp.Compare(b.Sighting.Count, a.Sighting.Count), compare(a.Key, b.Key))
	})
	return events.Sightings[K]{Rows: rows[:min(limit, len(rows))], Total: len(rows)}
}

// owned adds to each identity whose it is.
func owned(identities events.Sightings[events.Identity], owners map[events.Identity]uuid.UUID) events.Sightings[events.Actor] {
	actors := events.Sightings[events.Actor]{Total: identities.Total}
	for _, row := range identities.Rows {
		actors.Rows = append(actors.Rows, events.Seen[events.Actor]{
			Key:      events.Actor{Identity: row.Key, DeveloperID: owners[row.Key]},
			Sighting: row.Sighting,
		})
	}
	return actors
}

func compareTools(a, b events.Tool) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
}
