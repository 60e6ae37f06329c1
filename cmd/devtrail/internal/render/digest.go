package render

import (
	"fmt"
	"io"
	"strconv"
	"time"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Digest prints what happened in a period beside the period before. Lists without rows are left out.
func Digest(w io.Writer, answer *eventsv1.GetDigestResponse, zone *time.Location) error {
	span, before := answer.GetRange(), answer.GetPreviousRange()
	fmt.Fprintf(w, "%s to %s, before: from %s\n\n", instant(span.GetStart(), zone), instant(span.GetEnd(), zone), instant(before.GetStart(), zone))
	d := digest{w: w}
	d.add("events", answer.GetEvents())
	d.add("developers", answer.GetDevelopers())
	d.add("events of AI coding agents", answer.GetAgentEvents())
	d.print("IN ALL", 3)
	for _, row := range answer.GetSources() {
		d.add(sourceName(row.GetKind(), row.GetTool()), row.GetEvents())
	}
	d.print("SOURCE", answer.GetSourceCount())
	for _, row := range answer.GetNames() {
		d.add(row.GetName(), row.GetEvents())
	}
	d.print("EVENT", answer.GetNameCount())
	for _, row := range answer.GetProjects() {
		d.add(row.GetProject(), row.GetEvents())
	}
	d.print("PROJECT", answer.GetProjectCount())
	if d.err == nil && len(answer.GetPackages()) > 0 {
		d.err = packages(w, answer)
	}
	return d.err
}

// digest gathers the rows of one list after the other. The first failure to print ends it.
type digest struct {
	w    io.Writer
	rows [][]string
	err  error
}

func (d *digest) add(key string, t *eventsv1.Tally) {
	d.rows = append(d.rows, []string{key, count(t.GetCurrent()), count(t.GetPrevious()), trend(t)})
}

func (d *digest) print(head string, all int32) {
	rows := d.rows
	d.rows = nil
	if len(rows) == 0 || d.err != nil {
		return
	}
	if head != "IN ALL" {
		fmt.Fprintln(d.w)
	}
	t := newTable(d.w, head, "NOW", "BEFORE", "CHANGE")
	for _, row := range rows {
		t.row(row...)
	}
	if more := int(all) - len(rows); more > 0 {
		t.row(fmt.Sprintf("and %d more", more))
	}
	d.err = t.flush()
}

func packages(w io.Writer, answer *eventsv1.GetDigestResponse) error {
	fmt.Fprintln(w)
	t := newTable(w, "PACKAGE", "ADDED", "CHANGED", "REMOVED")
	for _, row := range answer.GetPackages() {
		t.row(row.GetPurl(), count(row.GetAddedCount()), count(row.GetChangedCount()), count(row.GetRemovedCount()))
	}
	if more := int(answer.GetPackageCount()) - len(answer.GetPackages()); more > 0 {
		t.row(fmt.Sprintf("and %d more", more))
	}
	return t.flush()
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// trend is the change in percent of the number before, "new" when there was nothing before.
func trend(t *eventsv1.Tally) string {
	switch {
	case t.GetCurrent() == t.GetPrevious():
		return "="
	case t.GetPrevious() == 0:
		return "new"
	default:
		return fmt.Sprintf("%+.0f%%", 100*float64(t.GetCurrent()-t.GetPrevious())/float64(t.GetPrevious()))
	}
}
