package torture

import (
	"context"
	"slices"
)

// census is what the tables have, and what follows from it.
type census struct {
	fromTable  *tally
	fromRecord *tally
}

// census reads both tables, holds them against the record, and counts what aggregates must say.
func (s *stage) census(ctx context.Context, known *record, report *Report) (census, error) {
	c := census{fromTable: newTally(), fromRecord: newTally()}
	var stored set
	pieces := make(map[[2]int]int) // of an event that is there, by number and place of the version
	err := s.read(ctx, func(r row) {
		report.Stored++
		n := r.number()
		if n < 0 || !known.sent.has(n) || (!s.cfg.NoDedupe && idOf(n) != r.id) {
			report.NeverSent++
			return
		}
		want := s.world.sample(n)
		if !want.equals(r) {
			report.Changed++
		}
		if stored.has(n) {
			report.Duplicate++
		}
		stored.add(n)
		c.fromTable.add(want)
	}, func(r packageRow) {
		report.PackageRows++
		n, ours := numberOf(r.event)
		if s.cfg.NoDedupe {
			return // they follow from ids that were changed
		}
		if !ours || !stored.has(n) {
			report.PackagesNeverSent++
			return
		}
		want := s.world.sample(n)
		place := slices.IndexFunc(want.packages, func(v version) bool { return v.name() == r.pkg && v.text() == r.version })
		if place < 0 || r.organization != want.organization || r.leading != want.leading(place) {
			report.PackagesNeverSent++
			return
		}
		if pieces[[2]int{n, place}]++; pieces[[2]int{n, place}] > 1 {
			report.PackagesDuplicate++
		}
	})
	if err != nil {
		return c, err
	}
	for n := range known.acked.all {
		if !stored.has(n) {
			report.Lost++
		}
		c.fromRecord.add(s.world.sample(n))
	}
	report.Unacked = known.sent.count() - known.acked.count()
	if !s.cfg.NoDedupe {
		for n := range stored.all {
			for place := range s.world.sample(n).packages {
				if pieces[[2]int{n, place}] == 0 {
					report.PackagesLost++
				}
			}
		}
	}
	return c, nil
}

// leading tells whether the row of a version is the first of its package.
func (s sample) leading(place int) bool {
	return place == 0 || s.packages[place-1].pkg != s.packages[place].pkg
}

// equals tells whether a row is what was sent.
func (s sample) equals(r row) bool {
	packages := make([]string, len(s.packages))
	for i, v := range s.packages {
		packages[i] = v.name() + "@" + v.text()
	}
	got := slices.Sorted(slices.Values(r.packages))
	slices.Sort(packages)
	return r.organization == s.organization && r.name == s.name && r.project == s.project && r.tool == s.tool && r.occurred.Equal(s.occurred) &&
		r.properties == s.properties() && slices.Equal(packages, got)
}
