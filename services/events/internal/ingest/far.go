package ingest

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// far is until when the events of some organizations may be known although their ids are forgotten, in microseconds: each had one whose sender's clock was further
// ahead than a kept time can be. The log remembers ids by the hour in which they came, which tells nothing of that, and forgets them long before such an event is
// one that has just occurred and is sent once more. It is kept beside the bounds of blocks, and replaced as a whole.
type far map[uuid.UUID]int64

const (
	// farthest is how long a sender keeps an event that nobody has acknowledged: of a clock that is further ahead nothing is kept beyond. Otherwise one clock
	// of another century would have all events of an organization looked up for ever.
	farthest = 30 * 24 * time.Hour
	// farStep is by how much more is kept, so that a clock which goes on is written down once a day.
	farStep = 24 * time.Hour
	// mostFar is for how many organizations: the bounds of blocks are written often.
	mostFar = 100
)

// everybody stands for all organizations, when there are too many.
var everybody = uuid.Max

// covered is the latest time, by a sender's clock, that the hour tells in which an id was remembered.
func covered(hour uint32) time.Time {
	return time.Unix(int64(hour+1)*3600, 0).Add(events.MaxAhead)
}

// with adds an organization whose latest event is of a time, and drops what nobody needs any more. The same is returned when it knows that already.
func (f far) with(organization uuid.UUID, latest, now time.Time, horizon time.Duration) (next far, changed bool) {
	if most := now.Add(farthest); latest.After(most) {
		latest = most
	}
	until := latest.Truncate(farStep).Add(farStep).UnixMicro()
	if max(f[organization], f[everybody]) >= until {
		return f, false
	}
	next = maps.Clone(f)
	if next == nil {
		next = make(far)
	}
	next[organization] = until
	gone := now.Add(-2 * horizon).UnixMicro() // a log that is loaded then is certain of nothing as old
	maps.DeleteFunc(next, func(_ uuid.UUID, until int64) bool { return until < gone })
	if len(next) > mostFar {
		next = far{everybody: slices.Max(slices.Collect(maps.Values(next)))}
	}
	return next, true
}

// withAll adds all organizations until a time. The same is returned when it knows that already.
func (f far) withAll(until time.Time) (next far, changed bool) {
	if f[everybody] >= until.UnixMicro() {
		return f, false
	}
	next = make(far, len(f)+1)
	maps.Copy(next, f)
	next[everybody] = until.UnixMicro()
	return next, true
}

// appendCuts adds what keeps it. It stands before all others: who does not know it takes it for a mark, of which the last counts.
func (f far) appendCuts(cuts []queue.Cut) []queue.Cut {
	for organization, until := range f {
		cuts = append(cuts, queue.Far(organization, time.UnixMicro(until)))
	}
	return cuts
}

// recall takes up what an earlier life kept, and returns it.
func (d *drain) recall(ctx context.Context) (far, error) {
	cuts, err := d.queue.Cuts(ctx)
	if err != nil {
		return nil, err
	}
	kept := make(far)
	for _, c := range cuts {
		if organization, until, is := c.Far(); is {
			kept[organization] = until.UnixMicro()
		}
	}
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	d.far = kept
	return kept, nil
}

// foresee keeps, before an event of a clock that is so far ahead is acknowledged, that it may come again.
func (d *drain) foresee(ctx context.Context, organization uuid.UUID, latest time.Time) error {
	return d.change(ctx, func(f far) (far, bool) { return f.with(organization, latest, d.now(), d.horizon) })
}

// change keeps what is to be known from now on.
func (d *drain) change(ctx context.Context, to func(far) (far, bool)) error {
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	next, changed := to(d.far)
	if !changed {
		return nil
	}
	cuts := next.appendCuts(nil)
	if d.marked {
		cuts = d.appendCuts(cuts)
	} else { // the blocks of the life before are not taken up yet
		kept, err := d.queue.Cuts(ctx)
		if err != nil {
			return err
		}
		cuts = append(cuts, slices.DeleteFunc(kept, queue.Cut.IsFar)...)
	}
	if err := d.queue.SetCuts(ctx, cuts); err != nil {
		return err
	}
	d.far = next
	return nil
}

// foresee keeps what is to be known of submissions whose senders' clocks are far ahead, and returns those that can be decided on. The others are answered.
func (j *journal) foresee(ctx context.Context, hour uint32, group []*submission) []*submission {
	bound := covered(hour)
	var failed error // of one, and so of all: all others wait meanwhile
	return slices.DeleteFunc(group, func(s *submission) bool {
		if s.batch.window.latest <= bound.UnixMicro() {
			return false
		}
		if failed == nil {
			failed = j.drain.foresee(ctx, s.batch.organization, time.UnixMicro(s.batch.window.latest))
		}
		if failed != nil {
			j.fail([]*submission{s}, failed)
		}
		return failed != nil
	})
}

// forget has the log forget the hours before one. It is kept first until when what was in them may come again: a later life that remembers more than this one
// would take the hour for the beginning of the log.
func (j *journal) forget(ctx context.Context, since uint32) error {
	reach := j.index.reach(since)
	if err := j.drain.change(ctx, func(f far) (far, bool) { return f.withAll(reach) }); err != nil {
		return err
	}
	return j.queue.Forget(ctx, since)
}

// reach is the latest time, by the clocks of senders, of what was remembered before an hour.
func (x *index) reach(since uint32) time.Time {
	latest := x.past
	for _, m := range x.members {
		latest = max(latest, m.past)
		for _, g := range x.young { // a clock that went back has what is younger in the log under older hours
			latest = max(latest, m.latest[g.age%lives])
		}
	}
	return time.UnixMicro(min(latest, covered(since-1).UnixMicro())) // for what is later, see with
}

// foresee takes over what an earlier life kept.
func (x *index) foresee(kept far) {
	if x.span == 0 {
		return
	}
	x.past = max(x.past, kept[everybody])
	for _, m := range x.members {
		m.past = max(m.past, x.past)
	}
	for organization, until := range kept {
		m := x.of(organization)
		m.past = max(m.past, until)
	}
}
