package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// detailWidth is how many characters of an event's details a line shows.
const detailWidth = 72

// Events prints events, one a line, in their order.
func Events(w io.Writer, events []*eventsv1.Event, names people.Names, zone *time.Location) error {
	if len(events) == 0 {
		_, err := fmt.Fprintln(w, "No events.")
		return err
	}
	t := newTable(w, "TIME", "EVENT", "DEVELOPER", "PROJECT", "WHAT")
	for _, event := range events {
		t.row(instant(event.GetOccurredAt(), zone), event.GetName(), who(event, names), orDash(event.GetProject()), cut(what(event), detailWidth))
	}
	return t.flush()
}

// who names the developer or, when there is none, the identity.
func who(event *eventsv1.Event, names people.Names) string {
	if event.GetDeveloperId() == "" && event.GetActor() != nil {
		return event.GetActor().GetValue()
	}
	return names.Of(event.GetDeveloperId())
}

// what says in a few words what happened: the packages, with versions where an event has them, or the subject of a commit.
func what(event *eventsv1.Event) string {
	var p struct {
		Subject string   `json:"subject"`
		From    []string `json:"from"`
		To      []string `json:"to"`
	}
	// Properties are anybody's; without these, the packages alone say enough.
	_ = json.Unmarshal([]byte(event.GetPropertiesJson()), &p)
	packages := strings.Join(event.GetPackages(), " ")
	if event.GetName() == "package.changed" && len(p.From) > 0 && len(event.GetPackages()) > 0 {
		name, _, _ := strings.Cut(event.GetPackages()[0], "@")
		return name + " " + strings.Join(p.From, ", ") + " -> " + strings.Join(p.To, ", ")
	}
	if packages != "" {
		return packages
	}
	return p.Subject
}

func sourceName(kind eventsv1.SourceKind, tool string) string {
	name := strings.ToLower(strings.TrimPrefix(kind.String(), "SOURCE_KIND_"))
	if tool == "" || tool == name {
		return name
	}
	return name + " (" + tool + ")"
}
