package ingest

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// The largest block, in bytes of frames and in events. Large blocks are what makes a store fast.
const (
	blockBytes  = 64 << 20
	blockEvents = 300_000
)

// inserters is how many blocks are stored at once.
const inserters = 2

// How long what was accepted waits for more of it before it is made a block: when nobody waits for the database; when somebody does and the store has nothing
// to do; and when somebody does, but the store is busy, so that a small block would only be in the way.
const (
	linger      = 600 * time.Millisecond
	shortLinger = 10 * time.Millisecond
	busyLinger  = 500 * time.Millisecond
)

// What is enough while the store is busy and somebody waits: at least so many events, and more where more are on their way at once, see plenty; at most so
// many bytes.
const (
	busyBytes  = 48 << 20
	busyEvents = 100_000
)

// plenty is how many events are enough while the store is busy and somebody waits: half of those that are on their way at once. A block that is smaller costs
// the store more for each event; one that is larger has all senders wait for it, and the store, when it is done, for them.
func (d *drain) plenty() int { return min(max(d.crest/2, busyEvents), blockEvents) }

// crestFalls is by which part the crest falls with each block: senders that were many may be few.
const crestFalls = 8

// rise takes up how many events are on their way: in blocks that are not committed, and in none.
func (d *drain) rise() {
	d.mu.Lock()
	n := d.uncutEvents
	d.mu.Unlock()
	d.lineMu.Lock()
	for _, st := range d.line {
		n += st.whole.Len()
	}
	d.lineMu.Unlock()
	d.crest = max(n, d.crest-d.crest/crestFalls)
}

// due tells whether it is time to cut a block, and if not, in how long it will be.
func (d *drain) due(now time.Time) (bool, time.Duration) {
	d.mu.Lock()
	some, hurry, count := d.goal > d.cutTo, len(d.waiters) > 0, d.uncutEvents
	d.mu.Unlock()
	if !some {
		d.since = time.Time{}
		return false, 0
	}
	if d.since.IsZero() {
		d.since = now
	}
	wait, enough, many := linger, int64(blockBytes), blockEvents
	switch {
	case d.leaving:
		return true, 0
	case hurry && d.busy > 0:
		wait, enough, many = busyLinger, busyBytes, d.plenty()
	case hurry:
		wait = shortLinger
	}
	age := now.Sub(d.since)
	return age >= wait || count >= many || d.uncut() >= enough, wait - age
}

// uncut is the bytes of what is in no block.
func (d *drain) uncut() int64 {
	bytes := d.queue.Stats().Bytes
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	for _, st := range d.line {
		bytes -= int64(st.whole.Bytes())
	}
	return bytes
}

// restore takes up the blocks whose bounds an earlier life kept. It may be repeated.
func (d *drain) restore(ctx context.Context) error {
	cuts, err := d.queue.Cuts(ctx)
	if err != nil {
		return err
	}
	line, cutTo, marked, mark := []*stage(nil), d.queue.Committed(), false, queue.Cut{}
	for _, c := range cuts {
		if c.IsFar() {
			continue
		}
		if _, is := c.Marked(); is {
			mark, marked = c, true
			continue
		}
		d.number = max(d.number, c.Number)
		cutTo = max(cutTo, c.After)
		if c.UpTo <= d.queue.Committed() {
			continue
		}
		p := &piece{again: true, cut: c}
		if n := len(line); n > 0 && line[n-1].upTo == c.UpTo {
			line[n-1].pieces = append(line[n-1].pieces, p)
			continue
		}
		records, err := d.queue.Read(ctx, c.After, c.UpTo, math.MaxInt, nil)
		if err != nil {
			return err
		}
		line = append(line, &stage{
			odd: make(map[int]verdict), pieces: []*piece{p}, records: records, upTo: c.UpTo,
		})
	}
	if mark, err = d.look(ctx, mark, marked); err != nil {
		return err
	}
	for _, st := range line {
		st.whole = d.block(queue.Cut{After: st.pieces[0].cut.After, To: queue.AllEvents, UpTo: st.upTo}, st.records, mark)
		cutTo = max(cutTo, st.upTo)
	}
	d.lineMu.Lock()
	d.line, d.mark, d.marked = line, mark, true
	d.lineMu.Unlock()
	d.cutTo = cutTo
	return nil
}

// look marks, at the beginning of a log, when the latest of the events occurred that are in the store already: the index of this log has never seen their ids.
// It does so again when something younger than the last block of this log is in the store: another log was in use meanwhile, or none, or this one is older than
// the database, since it comes from a backup.
func (d *drain) look(ctx context.Context, mark queue.Cut, marked bool) (queue.Cut, error) {
	at, _ := mark.Marked()
	after := d.number
	switch forgot := at.Equal(events.MaxTime); {
	case forgot && d.forgetful:
		return mark, nil
	case !marked || forgot:
		at, after = time.Time{}, 0
		if forgot && d.inherited { // what waits in the log is not in the store, and not remembered either
			at = d.now().Add(events.MaxAhead + queue.LookUpMargin)
		}
	}
	latest, err := d.blocks.Latest(ctx, after)
	if err != nil {
		return queue.Cut{}, err
	}
	if !latest.IsZero() && latest.Add(queue.LookUpMargin).After(at) {
		at = latest.Add(queue.LookUpMargin)
	}
	return queue.Mark(at), nil
}

// distrust marks, before anything is appended, that what this life appends is not remembered: a life that has a horizon again must not take it for new.
func (d *drain) distrust(ctx context.Context) error {
	cuts, err := d.queue.Cuts(ctx)
	if err != nil {
		return err
	}
	cuts = slices.DeleteFunc(cuts, func(c queue.Cut) bool {
		_, is := c.Marked()
		return is
	})
	return d.queue.SetCuts(ctx, append(cuts, queue.Mark(events.MaxTime)))
}

// block reads a block.
func (d *drain) block(c queue.Cut, records []queue.Record, mark queue.Cut) *queue.Block {
	return queue.NewBlock(c, records, d.lookUp(c, mark))
}

// lookUp is before when the events of a block occurred whose ids are looked up: those that are older than the log knows. All ids of a piece are: before it was
// halved, part of it may have been stored under another number.
func (d *drain) lookUp(c queue.Cut, mark queue.Cut) time.Time {
	if p := (piece{cut: c}); d.always || p.partial() {
		return events.MaxTime
	}
	at, _ := mark.Marked()
	return at
}

// cut makes the next block of the log and keeps its bounds. It returns false when there is nothing.
func (d *drain) cut(ctx context.Context) (bool, error) {
	records, memory, err := d.frames(ctx)
	if err != nil || len(records) == 0 {
		d.free(memory)
		return false, err
	}
	c := queue.Cut{After: d.cutTo, Number: d.next(), To: queue.AllEvents}
	whole, frames := queue.NewBlockOf(blockEvents, c, records, d.lookUp(c, d.mark))
	records = records[:frames]
	c.UpTo = records[len(records)-1].Position
	whole.Cut = c
	st := &stage{odd: make(map[int]verdict), pieces: []*piece{{cut: c}}, records: records, memory: memory, upTo: c.UpTo, whole: whole}
	d.lineMu.Lock()
	d.line = append(d.line, st)
	d.lineMu.Unlock()
	if err := d.keep(ctx); err != nil {
		d.lineMu.Lock()
		d.line = d.line[:len(d.line)-1]
		d.lineMu.Unlock()
		d.free(memory)
		return false, err
	}
	d.mu.Lock()
	d.uncutEvents = max(0, d.uncutEvents-whole.Len())
	d.mu.Unlock()
	d.cutTo, d.since = c.UpTo, time.Time{}
	d.rise()
	return true, nil
}

// next gives a number that ascends with time, as those of appends do, from which chance keeps it apart. The loop that cuts and a worker that halves what it has
// may ask at once, and after the clock went back nothing but the last number keeps theirs apart.
func (d *drain) next() uint64 {
	d.numberMu.Lock()
	defer d.numberMu.Unlock()
	d.number = max(d.number+1, uint64(d.now().UnixMicro())<<12|rand.Uint64N(1<<12))
	return d.number
}

// keep has the log keep the bounds of all blocks that are not committed.
func (d *drain) keep(ctx context.Context) error {
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	return d.queue.SetCuts(ctx, d.appendCuts(d.far.appendCuts(nil)))
}

// appendCuts adds the mark and the bounds. The line must be locked.
func (d *drain) appendCuts(cuts []queue.Cut) []queue.Cut {
	cuts = append(cuts, d.mark)
	for _, st := range d.line {
		cuts = st.appendCuts(cuts)
	}
	return cuts
}
