package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/cmd/devtrail/internal/people"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Item is what everything that people save has.
type Item interface {
	proto.Message
	GetId() string
	GetName() string
	GetDescription() string
	GetUpdatedAt() *timestamppb.Timestamp
}

// Items prints saved things, one a line, in their order.
func Items(w io.Writer, what string, items []Item) error {
	if len(items) == 0 {
		_, err := fmt.Fprintf(w, "No %s.\n", what)
		return err
	}
	t := newTable(w, "NAME", "ID", "CHANGED", "DESCRIPTION")
	for _, item := range items {
		t.row(item.GetName(), item.GetId(), instant(item.GetUpdatedAt(), time.UTC), orDash(cut(item.GetDescription(), detailWidth)))
	}
	return t.flush()
}

// EventDefinitions prints what is known of events, a line a name.
func EventDefinitions(w io.Writer, answer *eventsv1.ListEventDefinitionsResponse) error {
	if len(answer.GetEventDefinitions()) == 0 {
		_, err := fmt.Fprintln(w, "No events.")
		return err
	}
	t := newTable(w, "EVENT", "COUNT", "FIRST SEEN", "LAST SEEN", "STATE", "DESCRIPTION")
	for _, d := range answer.GetEventDefinitions() {
		t.row(d.GetName(), strconv.FormatInt(d.GetEventCount(), 10), instant(d.GetFirstSeen(), time.UTC), instant(d.GetLastSeen(), time.UTC),
			noteState(d.GetVerified(), d.GetHidden()), orDash(cut(d.GetDescription(), detailWidth)))
	}
	return t.flush()
}

// PropertyDefinitions prints what is known of properties, a line a key.
func PropertyDefinitions(w io.Writer, answer *eventsv1.ListPropertyDefinitionsResponse) error {
	if len(answer.GetPropertyDefinitions()) == 0 {
		_, err := fmt.Fprintln(w, "No properties.")
		return err
	}
	t := newTable(w, "PROPERTY", "TYPES", "COUNT", "LAST SEEN", "STATE", "EXAMPLE", "DESCRIPTION")
	for _, d := range answer.GetPropertyDefinitions() {
		var types []string
		for _, c := range d.GetTypes() {
			types = append(types, word(c.GetType(), "VALUE_TYPE_"))
		}
		example := ""
		if len(d.GetExamples()) > 0 {
			example = d.GetExamples()[0]
		}
		t.row(d.GetKey(), orDash(strings.Join(types, " ")), strconv.FormatInt(d.GetEventCount(), 10), instant(d.GetLastSeen(), time.UTC),
			noteState(d.GetVerified(), d.GetHidden()), orDash(cut(example, exampleWidth)), orDash(cut(d.GetDescription(), detailWidth)))
	}
	return t.flush()
}

// exampleWidth is how many characters of an example a line shows.
const exampleWidth = 32

func noteState(verified, hidden bool) string {
	var states []string
	if verified {
		states = append(states, "verified")
	}
	if hidden {
		states = append(states, "hidden")
	}
	return orDash(strings.Join(states, " "))
}

// Members prints who is in a cohort, and of when that is.
func Members(w io.Writer, answer *eventsv1.ListCohortMembersResponse, names people.Names) error {
	c := answer.GetComputation()
	if c == nil {
		_, err := fmt.Fprintln(w, "Not computed yet: --recompute computes the members now.")
		return err
	}
	if _, err := fmt.Fprintf(w, "%s, computed %s\n", plural(c.GetSize(), "member", "members"), instant(c.GetComputedAt(), time.UTC)); err != nil {
		return err
	}
	if c.GetError() != "" {
		if _, err := fmt.Fprintf(w, "the last try, %s, failed: %s\n", instant(c.GetTriedAt(), time.UTC), clean(c.GetError())); err != nil {
			return err
		}
	}
	if len(answer.GetDeveloperIds()) == 0 {
		return nil
	}
	t := newTable(w, "DEVELOPER", "ID")
	for _, id := range answer.GetDeveloperIds() {
		t.row(names.Of(id), id)
	}
	return t.flush()
}
