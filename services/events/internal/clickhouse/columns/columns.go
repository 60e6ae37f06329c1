// Package columns makes of the events of a block the columns that a ClickHouse server takes, as they go over the wire and in the order of the tables' keys.
//
// A server sorts what it is sent, and then makes all columns anew in this order: half of what an insert costs it. Columns that come in order it takes as they
// are. To sort them here costs the service a third of that, since most of what decides are words that were met before, and since what the rows of
// event_packages share with their events is written from one place.
package columns

import (
	"runtime"

	"github.com/ClickHouse/ch-go/proto"

	"devtrail.dev/services/events/internal/queue"
)

// Block is the rows of a block for the tables events and event_packages. It is used again for the next one.
type Block struct {
	events   *eventBatch
	packages *packageBatch
	actors   actors
	purls    purls
	slots    []int
	sent     []uint32 // rows that events lacks
	order    sorter
}

// New returns one without rows.
func New() *Block {
	b := new(Block)
	b.events, b.packages = newEventBatch(&b.actors, &b.purls), newPackageBatch(&b.purls)
	return b
}

// roomStep is by how many rows the room of columns grows.
const roomStep = 1 << 16

// Begin forgets all rows and makes room for as many as come. Their properties that are promoted go into some slots.
func (b *Block) Begin(rows int, slots []int) {
	b.events.reset()
	b.packages.reset()
	b.actors.reset()
	b.purls.forget()
	b.events.grow((rows + roomStep - 1) / roomStep * roomStep) // else each block that is a little larger would have all columns made anew
	b.sent, b.slots = b.sent[:0], slots
}

// Add takes an event of the block of a number, for the tables that lack it, and returns how many rows of event_packages it has. What the row refers to must
// not change before the next Begin. Each event must be followed by its values for the slots, see Promote.
func (b *Block) Add(r *queue.Row, block uint64, lacksEvent, lacksPackages bool) (packages int) {
	row := b.events.rows()
	yield(row)
	rows, list := b.purls.of(r)
	b.events.add(r, b.actors.of(r.ActorKind, r.ActorValue), list, len(rows), block)
	if lacksEvent {
		b.sent = append(b.sent, uint32(row))
	}
	if lacksPackages {
		b.packages.add(r, row, rows)
	}
	return len(rows)
}

// turnRows is after how many rows, some 50 microseconds, whoever waits for a processor goes first. A block takes it for many milliseconds, in which senders
// would wait for answers that are ready.
const turnRows = 256

func yield(row int) {
	if row%turnRows == 0 {
		runtime.Gosched()
	}
}

// Promote sets what the event that was added last has in a slot.
func (b *Block) Promote(slot int, value string) { b.events.promoted[slot].add(value) }

// Sort brings the rows into the order of the keys. It comes after the last Add and before the columns are asked for.
func (b *Block) Sort() {
	b.events.owners.sort()
	b.packages.sort(&b.events.owners)
	b.events.sort(&b.order, b.sent)
}

// Events are the columns for the table events. They hold until the next Begin.
func (b *Block) Events() proto.Input { return inOrder(b.order.rows, b.events.columns(b.slots)...) }

// Packages are those for event_packages.
func (b *Block) Packages() proto.Input { return b.packages.input(b.events) }
