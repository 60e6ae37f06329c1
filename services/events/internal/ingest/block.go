package ingest

import (
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// block is frames that are stored together.
type block struct {
	last    queue.Position
	jobs    []*job
	corrupt []corruption
}

// job is what one insert takes: events of one organization.
type job struct {
	organization uuid.UUID
	events       []events.Event
	verdicts     []verdict
	parts        []part
	attempts     int
	done         bool
}

// part is the events of a job that are a frame's, or a piece of it.
type part struct {
	position queue.Position
	from, n  int // of the job
	offset   int // in the frame
}

// corruption is a frame whose bytes are not what was written.
type corruption struct {
	record queue.Record
	err    error
}

// jobEvents is the most that one insert takes.
const jobEvents = 50_000

// newBlock groups the events of records by organization. Without records the block ends where everything is read.
func newBlock(records []queue.Record, upTo queue.Position) *block {
	b := &block{last: upTo}
	open := make(map[uuid.UUID]*job)
	for _, r := range records {
		b.last = r.Position
		frame, err := queue.Decode(r.Frame)
		if err != nil {
			b.corrupt = append(b.corrupt, corruption{record: r, err: err})
			continue
		}
		for offset := 0; offset < len(frame.Events); {
			j := open[frame.Organization]
			if j == nil || len(j.events) >= jobEvents {
				j = &job{organization: frame.Organization}
				open[frame.Organization] = j
				b.jobs = append(b.jobs, j)
			}
			n := min(len(frame.Events)-offset, jobEvents-len(j.events))
			j.parts = append(j.parts, part{from: len(j.events), n: n, offset: offset, position: r.Position})
			j.events = append(j.events, frame.Events[offset:offset+n]...)
			offset += n
		}
	}
	for _, j := range b.jobs {
		j.verdicts = make([]verdict, len(j.events))
	}
	return b
}

// verdicts says what became of a submission in the store. Its duplicates are not in the frame and stay what they are.
func (b *block) verdicts(s *submission) []verdict {
	all := slices.Clone(s.verdicts)
	var places []int // of the frame's events in the submission
	for i, v := range all {
		if v.outcome == events.Stored {
			places = append(places, i)
		}
	}
	for _, j := range b.jobs {
		if j.organization != s.batch.organization {
			continue
		}
		for _, p := range j.parts {
			if p.position != s.position {
				continue
			}
			for i := range p.n {
				all[places[p.offset+i]] = j.verdicts[p.from+i]
			}
		}
	}
	return all
}
