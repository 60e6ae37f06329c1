package seed

import (
	"fmt"
	"slices"
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// inventory is which version of which package each project has, from day to day.
type inventory struct {
	company *Company
	have    []map[string]string // by project: purl without version to version
}

func newInventory(c *Company) *inventory {
	i := &inventory{company: c}
	for range c.projects {
		i.have = append(i.have, map[string]string{})
	}
	return i
}

// purls are those that the project's lock file names, ordered by text.
func (i *inventory) purls(p project) []string {
	n := slices.Index(i.company.projects, p)
	var list []string
	for purl, version := range i.have[n] {
		list = append(list, purl+"@"+version)
	}
	slices.Sort(list)
	return list
}

// day changes the lock files: everything comes in on the first day, a package or two move on most days, and the incident takes its course.
func (i *inventory) day(d *workday) {
	for n, p := range i.company.projects {
		d.begin("inventory", n)
		if d.number == 0 {
			i.first(d, n, p)
			continue
		}
		i.update(d, n, p)
		i.incident(d, n, p)
	}
}

func (i *inventory) first(d *workday, n int, p project) {
	for _, l := range i.company.libraries {
		if d.random.IntN(24) < l.weight {
			i.set(d, n, p, l.purl, l.versions[0], "")
		}
	}
	i.set(d, n, p, IncidentPackage, goodVersion, "")
}

// update moves a package to its next version, or takes one in or out.
func (i *inventory) update(d *workday, n int, p project) {
	if d.weekend() || d.random.IntN(3) > 0 {
		return
	}
	l := i.company.libraries[d.random.IntN(len(i.company.libraries))]
	now, has := i.have[n][l.purl]
	next := slices.Index(l.versions, now) + 1
	switch {
	case !has:
		i.set(d, n, p, l.purl, l.versions[d.random.IntN(len(l.versions))], "")
	case next < len(l.versions):
		i.set(d, n, p, l.purl, l.versions[next], "")
	case d.random.IntN(4) == 0:
		i.set(d, n, p, l.purl, "", "")
	}
}

// incident is what the bad version does: the update robot brings it, CI and developers install it, somebody takes it out.
func (i *inventory) incident(d *workday, n int, p project) {
	in := i.company.incident
	if !in.hit[n] {
		return
	}
	switch {
	case d.number == in.published+n%2 && d.number < in.found:
		i.set(d, n, p, IncidentPackage, badVersion, "renovate")
		i.pulled(d, p)
	case d.number == in.found+n%3 && !in.left[n] && i.have[n][IncidentPackage] == badVersion:
		i.set(d, n, p, IncidentPackage, goodVersion, "")
	}
}

// pulled is the build right after the update, which brings the package onto the machine of the CI.
func (i *inventory) pulled(d *workday, p project) {
	d.add(event{
		name: "package.installed", at: d.start.Add(7*time.Hour + time.Duration(d.random.IntN(3600))*time.Second), by: i.maintainer(p),
		tool: tool{"github-actions", ""}, kind: eventsv1.SourceKind_SOURCE_KIND_CI, machine: p.runner, project: p.repository,
		packages: i.purls(p), properties: installed{Command: "npm ci", Path: p.manifest},
	})
}

// maintainer is the developer of the project's team under whose name its robots work.
func (i *inventory) maintainer(p project) developer {
	return i.company.developers[p.team%len(i.company.developers)]
}

// set writes a change of the lock file. An empty version takes the package out.
func (i *inventory) set(d *workday, n int, p project, purl, version, robot string) {
	before, had := i.have[n][purl]
	if version == before {
		return
	}
	e := event{
		at: d.start.Add(6*time.Hour + time.Duration(d.random.IntN(3000))*time.Second), by: i.maintainer(p), tool: tool{"git", "2.51.0"},
		kind: eventsv1.SourceKind_SOURCE_KIND_GIT, project: p.repository, packages: []string{purl + "@" + version},
		properties: changed{Path: p.manifest, Commit: fmt.Sprintf("%016x%016x%08x", d.random.Uint64(), d.random.Uint64(), d.random.Uint32()), From: texts(before), To: texts(version), Robot: robot},
	}
	switch {
	case version == "":
		e.name, e.packages = "package.removed", []string{purl + "@" + before}
		delete(i.have[n], purl)
	case had:
		e.name = "package.changed"
		i.have[n][purl] = version
	default:
		e.name = "package.added"
		i.have[n][purl] = version
	}
	d.add(e)
}

func texts(version string) []string {
	if version == "" {
		return []string{}
	}
	return []string{version}
}

// finish notes which of the projects that had the bad version have it in the end.
func (i *inventory) finish(r *Record) {
	for n, p := range i.company.projects {
		if _, touched := r.Projects[p.repository]; touched {
			r.Still[p.repository] = i.have[n][IncidentPackage] == badVersion
		}
	}
}
