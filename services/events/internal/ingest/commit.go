package ingest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// submission is a batch on its way through the committer.
type submission struct {
	batch    *batch
	done     chan error     // takes the answer without waiting
	stored   chan []verdict // likewise, for a sender who waits for the database
	verdicts []verdict
	fresh    int            // events that are new
	ids      []uuid.UUID    // that are remembered with it
	frame    []byte         // of the events that are new
	position queue.Position // of its frame; 0 when nothing was new
	until    queue.Position // what must be stored before a sender who waits for the database is answered
	held     queue.Position // where the drain keeps it; the drain's, as gone is
	gone     bool           // its sender waits no longer
}

func newSubmission(b *batch) *submission {
	b.verdicts = slices.Grow(b.verdicts[:0], len(b.ids))[:len(b.ids)]
	clear(b.verdicts)
	return &submission{batch: b, done: make(chan error, 1), stored: make(chan []verdict, 1), verdicts: b.verdicts}
}

// size is the bytes of the frame, at most.
func (s *submission) size() int { return s.batch.frame.Size() }

// seal makes the frame of the events that are new.
func (s *submission) seal(since time.Time) {
	b := s.batch
	if s.fresh < len(s.verdicts) {
		b.frame.Keep(func(i int) bool { return s.verdicts[i].outcome == events.Stored })
	}
	s.frame = b.frame.Frame(queue.Frame{
		Decision:     queue.Decision{Duplicates: len(s.verdicts) - s.fresh, Sent: len(s.verdicts), Since: since},
		Key:          b.key,
		Organization: b.organization,
		Received:     b.received,
	})
}

// flight is an append under way.
type flight struct {
	pending     queue.Pending // nil when nothing had to be appended
	last        queue.Position
	submissions []*submission
}

// A group ends when it is this large.
const (
	groupBytes    = 8 << 20
	groupRequests = 1024
)

// commit gathers what is submitted while earlier appends are under way, decides and appends, until ctx ends.
func (j *journal) commit(ctx context.Context) {
	defer close(j.stopped)
	for {
		select {
		case j.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		var first *submission
		select {
		case first = <-j.submissions:
		case <-ctx.Done():
			<-j.slots
			return
		}
		group := j.gather(first)
		j.flights <- j.append(ctx, group)
	}
}

// gather takes what waits, without waiting itself.
func (j *journal) gather(first *submission) []*submission {
	group, size := []*submission{first}, first.size()
	for len(group) < groupRequests && size < groupBytes {
		select {
		case s := <-j.submissions:
			group = append(group, s)
			size += s.size()
		default:
			return group
		}
	}
	return group
}

// append decides on each submission and appends what is new. Those that could not be appended are answered, and are not in the flight.
func (j *journal) append(ctx context.Context, group []*submission) flight {
	hour := hourOf(j.now())
	if since, forgot := j.index.forget(hour); forgot {
		if err := j.forget(ctx, since); err != nil {
			j.logger.WarnContext(ctx, "old event ids are not forgotten", "error", err)
		}
	}
	group = j.foresee(context.WithoutCancel(ctx), hour, group)
	entries := make([]queue.Entry, 0, len(group))
	for _, s := range group {
		b := s.batch
		s.ids = j.index.judge(hour, b.organization, b.ids, b.window, s.verdicts)
		for _, v := range s.verdicts {
			if v.outcome == events.Stored {
				s.fresh++
			}
		}
		if s.fresh > 0 {
			s.seal(j.index.since(b.organization, b.window))
			entries = append(entries, queue.Entry{Frame: s.frame, IDs: s.ids, Organization: b.organization, Received: b.received})
		}
	}
	last := j.queue.Last()
	if len(entries) == 0 {
		j.expect(group, last)
		return flight{last: last, submissions: group}
	}
	pending, err := j.queue.Append(context.WithoutCancel(ctx), hour, entries)
	if err != nil {
		j.fail(group, err)
		return flight{last: last}
	}
	next := pending.First()
	for _, s := range group {
		if s.fresh > 0 {
			s.position = next
			next++
		}
	}
	j.expect(group, next-1)
	return flight{last: next - 1, pending: pending, submissions: group}
}

// expect has the drain tell those who wait for the database. What is a duplicate of a frame that is not drained yet waits for that frame as well,
// which is at most the last one.
func (j *journal) expect(group []*submission, last queue.Position) {
	for _, s := range group {
		if s.batch.ack == AckDatabase {
			j.drain.expect(s, last)
		}
	}
}
