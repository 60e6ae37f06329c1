package render

import (
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Line prints one event on a line of its own: those after it are not known yet, so columns have fixed widths. As JSON it is one object.
func Line(w io.Writer, event *eventsv1.Event, names people.Names, zone *time.Location, asJSON bool) error {
	if asJSON {
		line, err := protojson.Marshal(event)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", line)
		return err
	}
	_, err := fmt.Fprintf(w, "%s  %-16s  %-24s  %-32s  %s\n", instant(event.GetOccurredAt(), zone), clean(cut(event.GetName(), 32)),
		clean(cut(who(event, names), 24)), clean(cut(orDash(event.GetProject()), 48)), clean(cut(what(event), detailWidth)))
	return err
}
