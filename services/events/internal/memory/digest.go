package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Digest goes through the events of both periods and counts each under its keys.
func (s *Store) Digest(ctx context.Context, id uuid.UUID, q events.DigestQuery) (events.Digest, error) {
	matching, err := s.matching(ctx, id, q.Range, q.Filter)
	if err != nil {
		return events.Digest{}, err
	}
	var d events.Digest
	sources, names, projects := tallies[events.Tool]{}, tallies[string]{}, tallies[string]{}
	developers, packages := tallies[uuid.UUID]{}, map[string]events.PackageActivity{}
	for _, e := range matching {
		now := !e.OccurredAt.Before(q.Middle)
		count(&d.Events, now)
		if e.Source.Kind == events.SourceAgent {
			count(&d.Agents, now)
		}
		sources.add(events.Tool{Kind: e.Source.Kind, Name: e.Source.Tool}, now)
		names.add(e.Name, now)
		projects.add(e.Project, now)
		developers.add(e.DeveloperID, now)
		if now {
			countPackages(packages, e)
		}
	}
	delete(projects, "")
	delete(developers, uuid.Nil)
	for _, t := range developers {
		d.Developers.Current += min(t.Current, 1)
		d.Developers.Previous += min(t.Previous, 1)
	}
	d.Sources = topTallies(sources, q.Limit, compareTools)
	d.Names = topTallies(names, q.Limit, strings.Compare)
	d.Projects = topTallies(projects, q.Limit, strings.Compare)
	d.Packages = topPackages(packages, q.Limit)
	return d, nil
}

// tallies counts events by key.
type tallies[K comparable] map[K]events.Tally

func (t tallies[K]) add(key K, now bool) {
	tally := t[key]
	count(&tally, now)
	t[key] = tally
}

func count(t *events.Tally, now bool) {
	if now {
		t.Current++
	} else {
		t.Previous++
	}
}

func topTallies[K comparable](t tallies[K], limit int, compare func(a, b K) int) events.Tallies[K] {
	var rows []events.Tallied[K]
	for key, tally := range t {
		rows = append(rows, events.Tallied[K]{Key: key, Tally: tally})
	}
	slices.SortFunc(rows, func(a, b events.Tallied[K]) int {
		return cmp.Or(cmp.Compare(b.Tally.Current, a.Tally.Current), cmp.Compare(b.Tally.Previous, a.Tally.Previous), compare(a.Key, b.Key))
	})
	return events.Tallies[K]{Rows: rows[:min(limit, len(rows))], Total: len(rows)}
}

// countPackages counts an event of a manifest once under each of its packages.
func countPackages(packages map[string]events.PackageActivity, e events.Event) {
	place := slices.Index(events.ManifestEvents, e.Name)
	if place < 0 {
		return
	}
	for _, row := range e.PackageRows() {
		if !row.Leading {
			continue
		}
		p := packages[row.Package]
		p.Package = row.Package
		*[]*int64{&p.Added, &p.Changed, &p.Removed}[place]++
		packages[row.Package] = p
	}
}

func topPackages(packages map[string]events.PackageActivity, limit int) events.PackageActivities {
	var rows []events.PackageActivity
	for _, p := range packages {
		rows = append(rows, p)
	}
	slices.SortFunc(rows, func(a, b events.PackageActivity) int {
		return cmp.Or(cmp.Compare(b.Added+b.Changed+b.Removed, a.Added+a.Changed+a.Removed), strings.Compare(a.Package, b.Package))
	})
	return events.PackageActivities{Rows: rows[:min(limit, len(rows))], Total: len(rows)}
}
