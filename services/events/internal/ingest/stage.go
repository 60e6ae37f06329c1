package ingest

import (
	"slices"
	"time"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// stage is frames that are stored together: one block, or the pieces into which a block was halved because the store refuses something in it.
type stage struct {
	upTo    queue.Position
	records []queue.Record
	memory  memory       // of their frames
	whole   *queue.Block // places of frames and damage
	pieces  []*piece
	odd     map[int]verdict // of events that are not simply stored, counted as those of the frames

	state   stageState
	err     error     // of the last attempt, when it failed
	moved   bool      // in the last attempt a piece was stored or halved: what comes next is not what failed before
	retryAt time.Time // when it may be tried again
	told    bool      // to those who wait for it: it is stored, and may not be committed
}

type stageState uint8

const (
	waiting stageState = iota
	storing
	failed
	stored
)

// piece is a block of a stage.
type piece struct {
	cut      queue.Cut
	again    bool // it may have been sent
	attempts int
	doubts   int  // attempts in a row that failed as nobody has named
	heavy    int  // attempts in a row that took too much time or memory
	done     bool // written with the line locked
}

// partial tells whether the piece is less than its frames: others under other numbers may have brought its events, before they were halved.
func (p *piece) partial() bool { return p.cut.From != 0 || p.cut.To != queue.AllEvents }

// appendCuts adds the bounds that a later life needs: of the pieces that are not done, since what is between them is taken for stored, and of one at least,
// since frames that no piece tells of would be cut again. The first of the pieces is halved first, so those that are not done are few: one for each time that
// the events can be halved.
func (st *stage) appendCuts(cuts []queue.Cut) []queue.Cut {
	before := len(cuts)
	for _, p := range st.pieces {
		if !p.done {
			cuts = append(cuts, p.cut)
		}
	}
	if len(cuts) == before {
		cuts = append(cuts, st.pieces[len(st.pieces)-1].cut)
	}
	return cuts
}

// settle notes that nothing of a piece is left to store.
func (d *drain) settle(p *piece) {
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	p.done = true
}

// piece reads a piece of a stage, which mostly is all of it.
func (d *drain) piece(st *stage, p *piece) *queue.Block {
	if p.partial() {
		b := d.block(p.cut, st.records, d.mark)
		b.Again = p.again
		return b
	}
	b := *st.whole
	b.Cut, b.Again = p.cut, p.again
	return &b
}

// events counts the events of a piece.
func (st *stage) events(p *piece) int {
	return max(0, min(st.whole.Len(), int(p.cut.To))-int(p.cut.From))
}

// answer says what became of a submission in the store. Its duplicates are not in the frame and stay what they are.
func (st *stage) answer(s *submission) []verdict {
	first, there := st.whole.Place(s.position)
	if s.position == 0 || !there {
		return s.verdicts
	}
	if len(st.odd) == 0 {
		return s.verdicts
	}
	all, next := slices.Clone(s.verdicts), first
	for i, v := range s.verdicts {
		if v.outcome != events.Stored {
			continue
		}
		if odd, is := st.odd[next]; is {
			all[i] = odd
		}
		next++
	}
	return all
}

// exclusive tells whether the stage may only be stored while no other is: its ids are looked up, and what is under way is not there to be found.
func (st *stage) exclusive() bool {
	return st.whole.NeedsLookUp() || slices.ContainsFunc(st.pieces, (*piece).partial)
}
