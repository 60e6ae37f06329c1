// Package render prints answers for people, as aligned tables, and for machines, as JSON. It is the last thing on the way of an answer: wire -> render ->
// terminal. What it prints came from outside, so nothing in it may move the cursor or change colours.
package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// JSON prints a message as indented JSON, the same bytes for the same message.
func JSON(w io.Writer, message proto.Message) error {
	return writeJSON(w, message, "  ")
}

// writeJSON writes a message with an indent, or in one line when that is empty.
func writeJSON(w io.Writer, message proto.Message, indent string) error {
	text, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(message)
	// protojson varies its blanks on purpose; json does not.
	var out bytes.Buffer
	switch {
	case err != nil:
	case indent == "":
		err = json.Compact(&out, text)
	default:
		err = json.Indent(&out, text, "", indent)
	}
	if err != nil {
		return fmt.Errorf("write %s as JSON: %w", message.ProtoReflect().Descriptor().Name(), err)
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}

// table prints rows of cells in aligned columns. The last column is not padded.
type table struct {
	out   io.Writer
	lines *bytes.Buffer
	cells *tabwriter.Writer
}

func newTable(w io.Writer, heads ...string) table {
	lines := &bytes.Buffer{}
	t := table{out: w, lines: lines, cells: tabwriter.NewWriter(lines, 0, 0, 2, ' ', 0)}
	if len(heads) > 0 {
		t.row(heads...)
	}
	return t
}

func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = clean(cell)
	}
	fmt.Fprintln(t.cells, strings.Join(cells, "\t"))
}

func (t table) flush() error {
	if err := t.cells.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(t.lines.String()) {
		if _, err := fmt.Fprintln(t.out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// clean replaces what a terminal would take as a command.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, s)
}

// cut shortens a text to a number of characters.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-3]) + "..."
}

// instant prints a time to the minute, in a time zone.
func instant(t *timestamppb.Timestamp, zone *time.Location) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().In(zone).Format("2006-01-02 15:04")
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
