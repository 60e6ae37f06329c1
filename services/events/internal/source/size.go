package source

import (
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// draftBytes is what a draft takes beside its texts, about.
const draftBytes = 512

// Size is about how many bytes of memory drafts take.
func Size(drafts []ingest.Draft) int {
	sum := 0
	for i := range drafts {
		sum += size(&drafts[i])
	}
	return sum
}

func size(d *ingest.Draft) int {
	e := &d.Event
	sum := draftBytes + len(e.Name) + len(e.Actor.Value) + len(e.Source.Tool) + len(e.Source.ToolVersion) + len(e.Source.Machine) + len(e.Project) + len(e.SessionID) +
		len(e.Properties) + len(d.ActorName)
	for _, purl := range e.Packages {
		sum += len(purl)
	}
	return sum
}

// TooLarge says that what a request tells takes more memory than one may.
func TooLarge() error {
	return events.ErrRequestTooLarge.With("the events of the request take more than %d bytes, which is what is taken at once: send them in several requests", ingest.MaxRequestBytes)
}
