package people

import (
	"maps"
	"sync"
)

// manyChanges is how many changes are kept before those are let go that no answer can be older than.
const manyChanges = 1000

// overtaken knows what the follower has changed while answers of the identity service were on their way: such an answer may be of before the change. The zero
// value is ready.
type overtaken struct {
	mu      sync.Mutex
	turn    uint64          // counts answers and changes
	waiting map[uint64]bool // turns at which the answers were asked for that are on their way
	changed map[key]uint64  // turns of the changes meanwhile
	all     uint64          // turn at which everything may have changed
}

// begin is called before an answer is asked for; end with its result when what came is remembered.
func (o *overtaken) begin() (turn uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting == nil {
		o.waiting, o.changed = make(map[uint64]bool), make(map[key]uint64)
	}
	o.turn++
	o.waiting[o.turn] = true
	return o.turn
}

func (o *overtaken) end(turn uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.waiting, turn)
	if len(o.waiting) > 0 && len(o.changed) < manyChanges {
		return
	}
	first := o.turn + 1
	for t := range o.waiting {
		first = min(first, t)
	}
	maps.DeleteFunc(o.changed, func(_ key, t uint64) bool { return t < first })
}

// change makes a change, and tells whether an answer is on its way.
func (o *overtaken) change(k key, apply func(asked bool)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	asked := len(o.waiting) > 0
	if asked {
		o.turn++
		o.changed[k] = o.turn
	}
	apply(asked)
}

// changeAll makes a change that may be one of everything.
func (o *overtaken) changeAll(apply func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turn++
	o.all = o.turn
	apply()
}

// unless does something with an answer about an identity, which was asked for at a turn, unless that was changed while it was on its way.
func (o *overtaken) unless(turn uint64, k key, do func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, changed := o.changed[k]; !changed && turn > o.all {
		do()
	}
}
