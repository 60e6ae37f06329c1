package columns

import (
	"math"
	"math/bits"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"devtrail.dev/services/events/internal/queue"
)

// packageBatch is the rows of a block for the table event_packages, in the order of its key: to bring them into it takes the server a third of the insert.
// What they have of their events stands in the columns of those.
type packageBatch struct {
	purls       *purls
	mentions    []mention
	first, last int64 // when they occurred
	order       sorter

	rows          []uint32 // the event of each, by its row in the columns of events
	leading       fixedColumn
	name, version textColumn
}

// mention is that an event touches a package.
type mention struct {
	placed

	occurred int64
	row      uint32
}

func newPackageBatch(p *purls) *packageBatch {
	return &packageBatch{purls: p, leading: fixedColumn{kind: proto.ColumnTypeBool, size: 1}}
}

// input is the columns of the table.
func (b *packageBatch) input(e *eventBatch) proto.Input {
	return slices.Concat(
		inOrder([]named{{"organization_id", &e.organization}}, b.rows),
		whole([]named{{"package", &b.name}, {"version", &b.version}, {"leading_row", &b.leading}}),
		inOrder([]named{
			{"event_id", &e.id},
			{"developer_id", &e.developer},
			{"actor_kind", &e.actorKind},
			{"actor_value", &e.actor},
			{"occurred_at", &e.occurred},
			{"source_kind", &e.sourceKind},
			{"tool", &e.tool},
			{"machine", &e.machine},
			{"project", &e.project},
			{"block_id", &e.block},
			{"actor_key", &e.actorKey},
		}, b.rows))
}

func (b *packageBatch) reset() {
	b.mentions, b.rows = b.mentions[:0], b.rows[:0]
	b.first, b.last = math.MaxInt64, math.MinInt64
	b.name.reset()
	b.version.reset()
	b.leading.reset()
}

// add takes what the event in a row of the columns touches.
func (b *packageBatch) add(r *queue.Row, row int, list []placed) {
	if len(list) == 0 {
		return
	}
	b.first, b.last = min(b.first, r.OccurredAt), max(b.last, r.OccurredAt)
	for _, p := range list {
		b.mentions = append(b.mentions, mention{occurred: r.OccurredAt, placed: p, row: uint32(row)})
	}
}

// sort makes the rows of what was added, whose events belong to some owners.
func (b *packageBatch) sort(of *owners) {
	places, numbers := b.purls.rank(b.mentions)
	ofPlace, ofTime := bits.Len(uint(len(numbers))), bits.Len64(uint64(b.last-b.first))
	ofOwner := bits.Len(uint(of.count))
	coarse := max(ofOwner+ofPlace+ofTime-64, 0) // what this leaves undecided is left to the server
	ofTime -= coarse

	b.order.begin(len(b.mentions))
	for i := range b.mentions {
		m := &b.mentions[i]
		place := of.rank(m.row)<<ofPlace | uint64(places[m.number])
		b.order.add(place<<ofTime|uint64(m.occurred-b.first)>>coarse, m.row<<1|m.leading)
	}
	b.order.sort(0, ofOwner+ofPlace+ofTime)
	b.rows, b.leading.wire = slices.Grow(b.rows, len(b.mentions)), slices.Grow(b.leading.wire, len(b.mentions))
	for i, row := range b.order.rows {
		yield(i)
		b.rows = append(b.rows, row>>1)
		b.leading.addByte(uint8(row & 1))
		p := &b.purls.known[numbers[b.order.keys[i]>>ofTime&(1<<ofPlace-1)]]
		b.name.add(p.Package)
		b.version.add(p.Version)
	}
}
