package seed

import (
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// incident is a version of a package that somebody else took over. It is published at some time; for two days what updates by itself takes it in; then it
// is found, and the projects go back to the version before, most within a day, some never.
type incident struct {
	published, found int          // days
	hit              map[int]bool // projects
	left             map[int]bool // of these, those that never went back
}

// The package of the incident and its versions.
const (
	IncidentPackage = "pkg:npm/tiny-color-stream"
	goodVersion     = "4.1.2"
	badVersion      = "4.1.3"
)

func newIncident(options Options, projects int) incident {
	r := options.stream("incident", 0)
	in := incident{published: options.Days * 3 / 4, hit: map[int]bool{}, left: map[int]bool{}}
	in.found = min(in.published+2, options.Days-1)
	for n := range projects {
		if r.IntN(3) == 0 {
			in.hit[n] = true
			in.left[n] = r.IntN(5) == 0
		}
	}
	if len(in.hit) == 0 {
		in.hit[0] = true
	}
	return in
}

// Record is what is known of the bad version from the events that were made: what an exposure must answer.
type Record struct {
	Purl       string
	Count      int64
	First      time.Time
	Last       time.Time
	Developers map[string]Seen // by git e-mail
	Projects   map[string]Seen
	Machines   map[string]Seen
	Tools      map[string]Seen
	Still      map[string]bool // by project: whether its newest state has it
}

// Seen is when and how often.
type Seen struct {
	Count       int64
	First, Last time.Time
}

func (s Seen) add(at time.Time) Seen {
	if s.Count == 0 || at.Before(s.First) {
		s.First = at
	}
	if s.Count == 0 || at.After(s.Last) {
		s.Last = at
	}
	s.Count++
	return s
}

func newRecord() *Record {
	return &Record{
		Purl:       IncidentPackage + "@" + badVersion,
		Developers: map[string]Seen{}, Projects: map[string]Seen{}, Machines: map[string]Seen{}, Tools: map[string]Seen{}, Still: map[string]bool{},
	}
}

// note keeps the record: what the projects have, and every event that touches the bad version.
func (r *Record) note(e *eventsv1.Event) {
	touches := false
	for _, purl := range e.GetPackages() {
		touches = touches || purl == r.Purl
	}
	if !touches {
		return
	}
	at := e.GetOccurredAt().AsTime()
	all := Seen{Count: r.Count, First: r.First, Last: r.Last}.add(at)
	r.Count, r.First, r.Last = all.Count, all.First, all.Last
	for key, list := range map[string]map[string]Seen{
		e.GetActor().GetValue(): r.Developers, e.GetProject(): r.Projects, e.GetSource().GetMachine(): r.Machines, e.GetSource().GetTool(): r.Tools,
	} {
		if key != "" {
			list[key] = list[key].add(at)
		}
	}
}
