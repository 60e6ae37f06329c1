package ingest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// ErrRefused says that the database does not take an event, now and for good. It is kept as a dead letter.
var ErrRefused = fault.New(fault.Invalid, "DEAD_LETTER", "the database does not take the event; it is kept among the dead letters")

// insertTime bounds one call of the store. A database that hangs is one that is away.
const insertTime = 2 * time.Minute

// patience is how often in a row a block is tried before an error that nobody has named is believed to be the fault of its events, or one of time or memory
// that of its size.
const patience = 3

// take stores the pieces of a stage. An error means that it is to be tried again.
func (d *drain) take(ctx context.Context, st *stage) error {
	st.moved = false
	if err := d.bury(ctx, st); err != nil {
		return err
	}
	for i := 0; i < len(st.pieces); {
		p := st.pieces[i]
		if !p.done {
			halved, err := d.takePiece(ctx, st, p)
			if err != nil {
				return err
			}
			st.moved = true
			if halved {
				continue // with its first half, which stands in its place
			}
		}
		i++
	}
	d.stored.blocks.Add(1)
	d.stored.events.Add(int64(st.whole.Len()))
	return nil
}

// takePiece stores a piece, or halves one that the store refuses for good or that is too large for it: the event at fault is found by that, and buried. The
// halves are blocks of their own.
func (d *drain) takePiece(ctx context.Context, st *stage, p *piece) (halved bool, err error) {
	if p.again { // else the next owner may have halved the block by now
		if err := d.queue.Confirm(ctx); err != nil {
			return false, err
		}
	}
	b := d.piece(st, p)
	if p.attempts == 0 && b.NeedsLookUp() {
		d.stored.lookedUp.Add(1)
	}
	p.attempts++
	p.again = true
	inserting, cancel := context.WithTimeout(ctx, insertTime)
	known, err := d.blocks.StoreBlock(inserting, b)
	cancel()
	if err == nil {
		for _, n := range known {
			if !p.partial() { // of a half, nobody knows whether what is there came with the whole
				st.odd[int(p.cut.From)+n] = verdict{outcome: events.Duplicate}
			}
		}
		d.settle(p)
		return false, nil
	}
	heavy := p.fails(err)
	if ctx.Err() != nil || !heavy && !final(err, p.doubts) || heavy && st.events(p) == 1 {
		return false, err
	}
	// A store that is not well refuses everything.
	if err := d.store.Ready(ctx); err != nil {
		return false, err
	}
	if n := st.events(p); n > 1 {
		return true, d.halve(ctx, st, p, uint32(n/2))
	}
	for n, row := range b.Rows() {
		if err := d.refuse(ctx, row.Organization, row.Event(), err); err != nil {
			return false, err
		}
		st.odd[int(p.cut.From)+n] = verdict{refused: ErrRefused}
	}
	d.settle(p)
	return false, nil
}

// fails counts an attempt that failed, and tells whether the piece is too large for the store, as far as anybody can tell. An outage between says nothing.
func (p *piece) fails(err error) (heavy bool) {
	switch fault.KindOf(err) {
	case fault.Internal:
		p.doubts, p.heavy = p.doubts+1, 0
	case fault.Exhausted, fault.Timeout:
		p.doubts, p.heavy = 0, p.heavy+1
	default:
		p.doubts, p.heavy = 0, 0
	}
	return p.heavy >= patience
}

// halve puts two pieces in the place of one and keeps their bounds.
func (d *drain) halve(ctx context.Context, st *stage, p *piece, events uint32) error {
	one, two := *p, *p
	one.again, two.again = false, false
	one.doubts, two.doubts, one.heavy, two.heavy = 0, 0, 0, 0
	one.cut.To, two.cut.From = p.cut.From+events, p.cut.From+events
	d.lineMu.Lock()
	one.cut.Number = d.next()
	two.cut.Number = d.next()
	i := slices.Index(st.pieces, p)
	before := st.pieces
	st.pieces = slices.Concat(before[:i], []*piece{&one, &two}, before[i+1:])
	d.lineMu.Unlock()
	err := d.keep(ctx)
	if err != nil {
		d.lineMu.Lock()
		st.pieces = before
		d.lineMu.Unlock()
	}
	return err
}

// final tells whether an error of the store, after so many in a row that nobody has named, stays when the call is repeated.
func final(err error, doubts int) bool {
	kind := fault.KindOf(err)
	return !kind.Passing() && (kind != fault.Internal || doubts >= patience)
}

// refuse buries one event.
func (d *drain) refuse(ctx context.Context, organization uuid.UUID, e events.Event, err error) error {
	if err := d.store.AddDeadLetters(ctx, organization, []events.DeadLetter{letterOf(e, d.now(), err)}); err != nil {
		return err
	}
	d.refusals.Add(1)
	d.logger.ErrorContext(ctx, "the store refuses an event", "organization_id", organization.String(), "event_id", e.ID.String(), "error", err)
	return nil
}

// letterOf makes a dead letter of an event, which failed at a time for a reason.
func letterOf(e events.Event, failed time.Time, err error) events.DeadLetter {
	reason := fault.ReasonOf(err)
	if reason == "" {
		reason = ErrRefused.Reason()
	}
	return events.DeadLetter{
		FailedAt: events.Microseconds(failed), ID: e.ID, Message: err.Error(), Name: e.Name,
		Payload: queue.EncodeEvent(e), Reason: reason, ReceivedAt: e.ReceivedAt,
	}
}

// bury keeps frames whose bytes are damaged. Whose they are can no longer be known: they are the zero organization's, for the operator.
func (d *drain) bury(ctx context.Context, st *stage) error {
	damaged := st.whole.Damaged
	if len(damaged) == 0 {
		return nil
	}
	letters := make([]events.DeadLetter, len(damaged))
	for i, c := range damaged {
		letters[i] = events.DeadLetter{
			FailedAt: events.Microseconds(d.now()), ID: uuid.NewSHA1(uuid.Nil, c.Record.Frame), Message: c.Err.Error(),
			Payload: slices.Clone(c.Record.Frame), Reason: queue.ErrCorrupt.Reason(), ReceivedAt: events.MinTime,
		}
	}
	if err := d.store.AddDeadLetters(ctx, uuid.Nil, letters); err != nil {
		return err
	}
	d.refusals.Add(int64(len(letters)))
	d.logger.ErrorContext(ctx, "the log of accepted events holds damaged frames", "frames", len(letters), "error", damaged[0].Err)
	st.whole.Damaged = nil
	return nil
}
