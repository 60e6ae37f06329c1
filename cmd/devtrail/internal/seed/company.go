// Package seed makes up a company: who works there, on what, with which tools, and what happened on each of its days, one supply-chain incident among
// them. Everything follows from a number, so two people see the same company, and what the incident touched is known exactly. It makes events and sends
// none. On the path of seeding: seed -> deliver -> wire.
package seed

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// Options says which company.
type Options struct {
	Seed       uint64    // the same number, the same company
	Developers int       // at least 1
	Days       int       // at least 1; the last is the day before Until
	Until      time.Time // the start of its day, UTC, is the end of time
}

// Company is who and what there is.
type Company struct {
	options    Options
	developers []developer
	projects   []project
	libraries  []library
	incident   incident
}

// developer is somebody with her machines and habits.
type developer struct {
	name, email string
	laptop      string
	editor      tool
	agent       tool // no name when she uses none
	projects    []int
	// busy is how many things she does on a working day, on average.
	busy float64
	// since is the first day on which she is there.
	since int
}

type tool struct{ name, version string }

// project is a repository with its packages.
type project struct {
	repository string
	manifest   string
	runner     string // the machine of its CI
	team       int
}

// library is a package with its versions in the order of their days.
type library struct {
	purl     string
	versions []string
	weight   int // how likely a project has it
}

// stream is a source of chance that belongs to one part of the company, so that a change in one part leaves the others as they are.
func (o Options) stream(part string, number int) *rand.Rand {
	sum := uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "devtrail seed %d %s %d", o.Seed, part, number))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:]))) //nolint:gosec // it is to be repeatable
}

// New makes up a company. Teams have about seven developers and three projects.
func New(options Options) *Company {
	options.Until = options.Until.UTC().Truncate(24 * time.Hour)
	c := &Company{options: options, libraries: libraries()}
	teams := (options.Developers + 6) / 7
	r := options.stream("projects", 0)
	for team := range teams {
		for n := range 3 {
			c.projects = append(c.projects, newProject(r, team, n))
		}
	}
	for n := range options.Developers {
		c.developers = append(c.developers, newDeveloper(options, n, n%teams, len(c.projects)))
	}
	c.incident = newIncident(options, len(c.projects))
	return c
}

func newProject(r *rand.Rand, team, n int) project {
	kind := []string{"api", "web", "worker", "console", "gateway", "batch"}[r.IntN(6)]
	return project{
		repository: fmt.Sprintf("github.com/acme/%s-%s-%d", areas[team%len(areas)], kind, team/len(areas)*3+n+1),
		manifest:   []string{"package-lock.json", "web/package-lock.json", "pnpm-lock.yaml"}[r.IntN(3)],
		runner:     fmt.Sprintf("runner-%02d", team%16+1),
		team:       team,
	}
}

func newDeveloper(options Options, n, team, projects int) developer {
	r := options.stream("developer", n)
	given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
	d := developer{
		name:   given + " " + family,
		email:  fmt.Sprintf("%s.%s.%d@acme.example", ascii(given), ascii(family), n+1),
		laptop: fmt.Sprintf("%s-%s-%d", []string{"mbp", "thinkpad", "xps"}[r.IntN(3)], ascii(given), n+1),
		editor: editors[r.IntN(len(editors))],
		busy:   6 + 14*r.Float64(),
	}
	if r.IntN(3) > 0 {
		d.agent = agents[r.IntN(len(agents))]
	}
	// She works on the projects of her team, and now and then on one of another.
	d.projects = []int{team*3 + r.IntN(3), team*3 + r.IntN(3), r.IntN(projects)}
	if r.IntN(4) == 0 {
		d.since = r.IntN(options.Days)
	}
	return d
}
