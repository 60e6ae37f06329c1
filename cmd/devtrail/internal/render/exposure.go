package render

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Exposure prints who touched a package, when and where. Lists that would say nothing are left out.
func Exposure(w io.Writer, answer *eventsv1.GetExposureResponse, names people.Names, zone *time.Location) error {
	all := answer.GetSighting()
	if all == nil {
		_, err := fmt.Fprintf(w, "%s: nobody touched it.\n", clean(answer.GetPurl()))
		return err
	}
	fmt.Fprintf(w, "%s\n%s, first %s, last %s\n", clean(answer.GetPurl()), plural(all.GetEventCount(), "event", "events"),
		instant(all.GetFirstSeenAt(), zone), instant(all.GetLastSeenAt(), zone))
	x := exposure{w: w, zone: zone}
	for _, row := range answer.GetDevelopers() {
		x.add(names.Of(row.GetDeveloperId()), row.GetSighting())
	}
	x.print("DEVELOPER", answer.GetDeveloperCount())
	for _, row := range answer.GetActors() {
		if row.GetDeveloperId() == "" {
			x.add(row.GetIdentity().GetValue(), row.GetSighting())
		}
	}
	x.print("IDENTITY OF NOBODY KNOWN", int32(len(x.rows)))
	for _, row := range answer.GetProjects() {
		x.add(orDash(row.GetProject()), row.GetSighting(), stillThere[row.GetPresence()])
	}
	x.print("PROJECT", answer.GetProjectCount(), "STILL THERE")
	for _, row := range answer.GetSources() {
		x.add(sourceName(row.GetKind(), row.GetTool()), row.GetSighting())
	}
	x.print("SOURCE", answer.GetSourceCount())
	for _, row := range answer.GetMachines() {
		if row.GetMachine() != "" {
			x.add(row.GetMachine(), row.GetSighting())
		}
	}
	x.print("MACHINE", int32(len(x.rows)))
	for _, row := range answer.GetVersions() {
		x.add(orDash(row.GetVersion()), row.GetSighting())
	}
	x.print("VERSION", answer.GetVersionCount())
	if len(answer.GetEvidence()) > 0 && x.err == nil {
		fmt.Fprintln(w)
		x.err = Events(w, answer.GetEvidence(), names, zone)
	}
	return x.err
}

// exposure gathers the rows of one list after the other. The first failure to print ends it.
type exposure struct {
	w    io.Writer
	zone *time.Location
	rows [][]string
	err  error
}

// stillThere says whether a project's files have the package now.
var stillThere = map[eventsv1.Presence]string{
	eventsv1.Presence_PRESENCE_UNSPECIFIED: "-",
	eventsv1.Presence_PRESENCE_PRESENT:     "yes",
	eventsv1.Presence_PRESENCE_ABSENT:      "no",
}

// add gathers a row; more are the cells of columns that not every list has.
func (x *exposure) add(key string, s *eventsv1.Sighting, more ...string) {
	x.rows = append(x.rows, append([]string{
		key, strconv.FormatInt(s.GetEventCount(), 10), instant(s.GetFirstSeenAt(), x.zone), instant(s.GetLastSeenAt(), x.zone),
	}, more...))
}

// print prints the gathered rows under a head, and how many there are in all if some were cut.
func (x *exposure) print(head string, count int32, columns ...string) {
	rows := x.rows
	x.rows = nil
	if len(rows) == 0 || x.err != nil {
		return
	}
	fmt.Fprintln(x.w)
	t := newTable(x.w, append([]string{head, "EVENTS", "FIRST SEEN", "LAST SEEN"}, columns...)...)
	for _, row := range rows {
		t.row(row...)
	}
	if more := int(count) - len(rows); more > 0 {
		t.row(fmt.Sprintf("and %d more", more))
	}
	x.err = t.flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
