package learn

import (
	"context"
	"time"

	"devtrail.dev/kit/pause"
)

// A look works for a stride and rests so many times as long: nobody waits for definitions, while acknowledgements and questions want the processor and the
// database. But it rests for so long at most, since its query stays open meanwhile and the database gives up who does not read. The clock is read once in so
// many events.
const (
	stride  = 20 * time.Millisecond
	resting = 49
	longest = 2 * time.Second
	between = 1024
)

// pace is that of one look.
type pace struct {
	now    func() time.Time
	began  time.Time // the stride
	events int
	rested time.Duration
}

func newPace(now func() time.Time) *pace { return &pace{now: now, began: now()} }

// step is called for each event, and rests when it is time. The error is that of ctx.
func (p *pace) step(ctx context.Context) error {
	if p.events++; p.events%between != 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	worked := p.now().Sub(p.began)
	if worked < stride {
		return nil
	}
	if err := pause.For(ctx, min(resting*worked, longest)); err != nil {
		return err
	}
	end := p.now()
	p.rested += end.Sub(p.began) - worked
	p.began = end
	return nil
}
