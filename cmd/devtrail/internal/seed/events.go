package seed

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// namespace is that of the ids of made-up events. It never changes: sending a company again changes nothing.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://devtrail.dev/events/seed"))

// Events gives everything that happened, ordered by time, and what the incident touched, which is complete after the last event.
func (c *Company) Events() (iter.Seq[*eventsv1.Event], *Record) {
	record := newRecord()
	return func(yield func(*eventsv1.Event) bool) {
		history := newInventory(c)
		for day := range c.options.Days {
			d := &workday{company: c, number: day, start: c.options.Until.AddDate(0, 0, day-c.options.Days), inventory: history}
			for _, e := range d.events() {
				record.note(e)
				if !yield(e) {
					return
				}
			}
		}
		history.finish(record)
	}, record
}

// workday makes the events of one day.
type workday struct {
	company   *Company
	number    int
	start     time.Time
	inventory *inventory
	made      []*eventsv1.Event
	random    *rand.Rand
	who       int // part of the ids
	count     int // events of who, part of the ids
}

func (d *workday) events() []*eventsv1.Event {
	// What changes the projects comes first, so that everybody works with the versions of the day.
	d.inventory.day(d)
	for n, dev := range d.company.developers {
		d.begin("day", n)
		if dev.since > d.number || d.weekend() && d.random.IntN(12) > 0 {
			continue
		}
		d.work(dev)
	}
	slices.SortStableFunc(d.made, func(a, b *eventsv1.Event) int {
		at, than := a.GetOccurredAt(), b.GetOccurredAt()
		return cmp.Or(cmp.Compare(at.GetSeconds(), than.GetSeconds()), cmp.Compare(at.GetNanos(), than.GetNanos()))
	})
	return d.made
}

// begin takes the chance that belongs to somebody on this day.
func (d *workday) begin(part string, who int) {
	d.random = d.company.options.stream(fmt.Sprint(part, d.number), who)
	d.who, d.count = who, 0
}

func (d *workday) weekend() bool {
	return d.start.Weekday() == time.Saturday || d.start.Weekday() == time.Sunday
}

// at is a moment of the working day, to the millisecond.
func (d *workday) at() time.Time {
	return d.start.Add(8*time.Hour + time.Duration(d.random.Int64N(int64(10*time.Hour)))).Truncate(time.Millisecond)
}

// work is what a developer does on a day: a sitting in her editor, and with it what her browser, Git, CI and her agent tell.
func (d *workday) work(dev developer) {
	for range 1 + int(dev.busy*d.random.Float64()/2) {
		p := d.company.projects[dev.projects[d.random.IntN(len(dev.projects))]]
		at := d.at()
		session := fmt.Sprintf("%s/%s/%d", dev.laptop, at.Format("20060102"), d.count)
		d.editor(dev, p, at, session)
		switch d.random.IntN(6) {
		case 0:
			d.browse(dev, at.Add(2*time.Minute))
		case 1, 2:
			d.commit(dev, p, at.Add(20*time.Minute))
		case 3:
			d.agent(dev, p, at.Add(5*time.Minute), session)
		case 4:
			d.install(dev, p, at.Add(3*time.Minute), session)
		}
	}
}

func (d *workday) editor(dev developer, p project, at time.Time, session string) {
	language := []string{"TypeScript", "TypeScript", "Go", "CSS", "Markdown"}[d.random.IntN(5)]
	for n := range 1 + d.random.IntN(4) {
		d.add(event{
			name: "editor.heartbeat", at: at.Add(time.Duration(n) * 2 * time.Minute), by: dev, tool: dev.editor, kind: eventsv1.SourceKind_SOURCE_KIND_EDITOR,
			machine: dev.laptop, project: p.repository, session: session,
			properties: edited{Language: language, Write: n%2 == 1, Lines: 40 + d.random.IntN(900)},
		})
	}
}

func (d *workday) browse(dev developer, at time.Time) {
	library := d.company.libraries[d.random.IntN(len(d.company.libraries))]
	d.add(event{
		name: "package.viewed", at: at, by: dev, tool: browsers[d.random.IntN(len(browsers))], kind: eventsv1.SourceKind_SOURCE_KIND_BROWSER,
		machine: dev.laptop, packages: []string{library.purl}, properties: viewed{Registry: "npm", Page: "readme"},
	})
}

func (d *workday) commit(dev developer, p project, at time.Time) {
	sha := fmt.Sprintf("%016x%016x%08x", d.random.Uint64(), d.random.Uint64(), d.random.Uint32())
	added, removed := 1+d.random.IntN(200), d.random.IntN(80)
	d.add(event{
		name: "commit.authored", at: at, by: dev, tool: tool{"git", "2.51.0"}, kind: eventsv1.SourceKind_SOURCE_KIND_GIT, project: p.repository,
		properties: committed{Commit: sha, Added: added, Removed: removed, Files: 1 + d.random.IntN(9)},
	})
	result := "success"
	if d.random.IntN(5) == 0 {
		result = "failure"
	}
	d.add(event{
		name: "build.finished", at: at.Add(time.Duration(3+d.random.IntN(9)) * time.Minute), by: dev, tool: tool{"github-actions", ""},
		kind: eventsv1.SourceKind_SOURCE_KIND_CI, machine: p.runner, project: p.repository,
		properties: built{Commit: sha, Result: result, Seconds: 60 + d.random.IntN(900)},
	})
}

func (d *workday) agent(dev developer, p project, at time.Time, session string) {
	if dev.agent.name == "" {
		return
	}
	for n := range 1 + d.random.IntN(5) {
		call := []string{"Bash", "Edit", "Read", "Grep"}[d.random.IntN(4)]
		d.add(event{
			name: "agent.tool_called", at: at.Add(time.Duration(n) * 20 * time.Second), by: dev, tool: dev.agent, kind: eventsv1.SourceKind_SOURCE_KIND_AGENT,
			machine: dev.laptop, project: p.repository, session: session,
			properties: called{Tool: call, Success: d.random.IntN(10) > 0, Milliseconds: 20 + d.random.IntN(4000)},
		})
	}
}

// install is a developer bringing what the project's lock file names onto her machine.
func (d *workday) install(dev developer, p project, at time.Time, session string) {
	d.add(event{
		name: "package.installed", at: at, by: dev, tool: tool{"npm", "11.6.1"}, kind: eventsv1.SourceKind_SOURCE_KIND_SDK,
		machine: dev.laptop, project: p.repository, session: session, packages: d.inventory.purls(p),
		properties: installed{Command: "npm ci", Path: p.manifest},
	})
}

// event is one thing that happened, before it is a message.
type event struct {
	name       string
	at         time.Time
	by         developer
	tool       tool
	kind       eventsv1.SourceKind
	machine    string
	project    string
	session    string
	packages   []string
	properties any // of properties.go
}

func (d *workday) add(e event) {
	d.count++
	properties, err := json.Marshal(e.properties)
	if err != nil { // cannot be: they are texts, numbers and truths
		properties = []byte("{}")
	}
	id := uuid.NewSHA1(namespace, fmt.Appendf(nil, "%d/%d/%d/%s/%d/%d", d.company.options.Seed, d.start.Unix(), d.who, e.name, d.count, e.at.UnixMilli()))
	d.made = append(d.made, &eventsv1.Event{
		Id: id.String(), Name: e.name, OccurredAt: timestamppb.New(e.at),
		Actor: &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: e.by.email}, ActorName: e.by.name,
		Source:  &eventsv1.Source{Kind: e.kind, Tool: e.tool.name, ToolVersion: e.tool.version, Machine: e.machine},
		Project: e.project, Packages: e.packages, SessionId: e.session, PropertiesJson: string(properties),
	})
}
