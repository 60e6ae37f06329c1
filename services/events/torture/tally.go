package torture

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// tally is counts of events by what the service is asked: the key says the question and the place in its answer, as answers of compare do.
type tally struct {
	counts map[uuid.UUID]map[string]int64
}

func newTally() *tally {
	t := &tally{counts: map[uuid.UUID]map[string]int64{}}
	for _, o := range organizations {
		t.counts[o] = map[string]int64{}
	}
	return t
}

// The period of the digest: half of the time that events happen in, after the other half.
var (
	digestStart = time.Date(firstYear+years/2, 1, 1, 0, 0, 0, 0, time.UTC)
	digestEnd   = digestStart.Add(digestStart.Sub(time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)))
)

func trendKey(name string, month time.Time) string {
	return fmt.Sprintf("trend of %s in %s", name, month.UTC().Format("2006-01"))
}
func exposureKey(pkg string) string         { return "exposure to " + pkg }
func versionKey(pkg, version string) string { return "exposure to " + pkg + "@" + version }
func digestKey(what, value string) string   { return "digest: " + what + " " + value }

// add counts an event.
func (t *tally) add(s sample) {
	counts := t.counts[s.organization]
	counts[trendKey(s.name, s.occurred)]++
	for i, v := range s.packages {
		if s.leading(i) {
			counts[exposureKey(v.name())]++
		}
		counts[versionKey(v.name(), v.text())]++
	}
	if !s.occurred.Before(digestEnd) {
		return
	}
	if s.occurred.Before(digestStart) {
		counts[digestKey("events", "before")]++
		return
	}
	counts[digestKey("events", "")]++
	counts[digestKey("name", s.name)]++
	counts[digestKey("project", s.project)]++
	counts[digestKey("tool", s.tool)]++
}
