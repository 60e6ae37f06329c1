package backfill

import (
	"time"

	"devtrail.dev/kit/schema"
)

// pace steers the size of a batch to the time that one should take.
type pace struct {
	size   int
	target time.Duration
}

// took takes note of a batch of so many rows. A batch that was not full, at the end of the table, says little about a full one and makes nothing larger.
func (p *pace) took(rows int, d time.Duration) {
	factor := 2.0
	if d > 0 {
		// In one step it at most doubles or halves: one odd batch should not decide.
		factor = min(max(float64(p.target)/float64(d), 0.5), 2)
	}
	if factor > 1 && rows < p.size {
		return
	}
	if factor > 0.8 && factor < 1.25 {
		return // near enough
	}
	p.set(float64(p.size) * factor)
}

// shrink is for a batch in whose way others were, or which was in theirs.
func (p *pace) shrink() { p.set(float64(p.size) / 2) }

// least reports that it cannot be made smaller.
func (p *pace) least() bool { return p.size <= schema.MinBatch }

func (p *pace) set(size float64) {
	p.size = min(max(int(size), schema.MinBatch), schema.MaxBatch)
}
