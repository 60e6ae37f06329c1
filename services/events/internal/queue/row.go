package queue

import (
	"encoding/binary"
	"time"
	"unsafe"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Row is an event of a block as it stands in its frame, decoded without an allocation: texts and packages share the frame's memory or that of the row,
// which is used again for the next event. Times are microseconds since the Unix epoch.
type Row struct {
	Organization uuid.UUID
	ReceivedAt   int64
	// MayBeKnown says that an event of this id may be in the store already, brought by another block or by Append.
	MayBeKnown bool

	ID, DeveloperID       uuid.UUID
	ActorKind, SourceKind uint8
	OccurredAt            int64
	Name, ActorValue      string
	Tool, ToolVersion     string
	Machine, Project      string
	SessionID, Properties string
	Packages              []string
}

// Event returns a copy that lives as long as it is needed: the memory of frames is used again.
func (r *Row) Event() events.Event {
	e := events.Event{
		Actor: events.Identity{Kind: events.IdentityKind(r.ActorKind), Value: r.ActorValue}, DeveloperID: r.DeveloperID, ID: r.ID, Name: r.Name,
		OccurredAt: time.UnixMicro(r.OccurredAt).UTC(), Project: r.Project, Properties: r.Properties, ReceivedAt: time.UnixMicro(r.ReceivedAt).UTC(), SessionID: r.SessionID,
		Source: events.Source{Kind: events.SourceKind(r.SourceKind), Machine: r.Machine, Tool: r.Tool, ToolVersion: r.ToolVersion},
	}
	if len(r.Packages) > 0 {
		e.Packages = append(make([]string, 0, len(r.Packages)), r.Packages...)
	}
	texts := [...]*string{&e.Actor.Value, &e.Name, &e.Project, &e.Properties, &e.SessionID, &e.Source.Machine, &e.Source.Tool, &e.Source.ToolVersion}
	size := 0
	for _, text := range texts {
		size += len(*text)
	}
	for _, purl := range e.Packages {
		size += len(purl)
	}
	own := make([]byte, 0, size) // of all texts
	for _, text := range texts {
		own, *text = keep(own, *text)
	}
	for i := range e.Packages {
		own, e.Packages[i] = keep(own, e.Packages[i])
	}
	return e
}

// keep copies a text to the end of memory that has room for it and is never changed there.
func keep(own []byte, text string) (rest []byte, kept string) {
	if text == "" {
		return own, ""
	}
	own = append(own, text...)
	return own, unsafe.String(&own[len(own)-len(text)], len(text))
}

// cursor takes values off bytes that stay as they are. It is the reader of rows: reader makes events of a copy, cursor makes rows of the bytes themselves.
// After the first value that is not there it is bad, and all others are zero.
type cursor struct {
	s   string
	at  int
	bad bool
}

// cursorOf shares the memory of bytes, which must not change while rows of them are in use.
func cursorOf(b []byte) cursor { return cursor{s: unsafe.String(unsafe.SliceData(b), len(b))} }

func (c *cursor) take(n uint64) string {
	if n > uint64(len(c.s)-c.at) {
		c.bad, c.at = true, len(c.s)
		return ""
	}
	taken := c.s[c.at : c.at+int(n)]
	c.at += int(n)
	return taken
}

func (c *cursor) byte() byte {
	if c.at >= len(c.s) {
		c.bad = true
		return 0
	}
	b := c.s[c.at]
	c.at++
	return b
}

func (c *cursor) id(to *uuid.UUID) {
	if copy(to[:], c.take(16)) == 0 {
		*to = uuid.Nil
	}
}

func (c *cursor) uvarint() uint64 {
	if c.at < len(c.s) && c.s[c.at] < 0x80 { // most lengths
		c.at++
		return uint64(c.s[c.at-1])
	}
	return c.longUvarint()
}

func (c *cursor) longUvarint() uint64 {
	var n uint64
	s := c.s[c.at:]
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		b := s[i]
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break
			}
			c.at += i + 1
			return n | uint64(b)<<(7*i)
		}
		n |= uint64(b&0x7f) << (7 * i)
	}
	c.bad, c.at = true, len(c.s)
	return 0
}

func (c *cursor) varint() int64 {
	n := c.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

func (c *cursor) text() string {
	if at := c.at; at < len(c.s) {
		if end := at + 1 + int(c.s[at]); c.s[at] < 0x80 && end <= len(c.s) { // most are short
			c.at = end
			return c.s[at+1 : end]
		}
	}
	return c.take(c.uvarint())
}

// textFields is how many texts stand between the time of an event and its packages.
const textFields = 8

// skim passes an event as row reads it, and returns when it occurred: nothing is looked at but lengths.
func (c *cursor) skim() (occurred int64) {
	c.at += len(Row{}.ID) + len(Row{}.DeveloperID) + 2
	if c.at > len(c.s) {
		c.bad, c.at = true, len(c.s)
	}
	occurred = c.varint()
	for range textFields {
		c.text()
	}
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		c.text()
	}
	return occurred
}

// row reads what appendEvent wrote.
func (c *cursor) row(r *Row) {
	c.id(&r.ID)
	c.id(&r.DeveloperID)
	r.ActorKind, r.SourceKind = c.byte(), c.byte()
	r.OccurredAt = c.varint()
	r.Name, r.ActorValue, r.Tool, r.ToolVersion = c.text(), c.text(), c.text(), c.text()
	r.Machine, r.Project, r.SessionID, r.Properties = c.text(), c.text(), c.text(), c.text()
	r.Packages = r.Packages[:0]
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		r.Packages = append(r.Packages, c.text())
	}
}
