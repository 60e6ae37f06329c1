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
	places        []uint32 // the package of each, by its row in name and version
	name, version textColumn
	leads         []uint32    // whether each is the first of its package and event, by its row in leading
	leading       fixedColumn // no and yes
}

// mention is that an event touches a package.
type mention struct {
	placed

	occurred int64
	row      uint32
}

func newPackageBatch(p *purls) *packageBatch {
	return &packageBatch{purls: p, leading: fixedColumn{kind: proto.ColumnTypeBool, size: 1, wire: []byte{0, 1}}}
}

// input is the columns of the table.
func (b *packageBatch) input(e *eventBatch) proto.Input {
	return slices.Concat(
		inOrder(b.places, named{"package", &b.name}, named{"version", &b.version}),
		inOrder(b.leads, named{"leading_row", &b.leading}),
		inOrder(b.rows,
			named{"organization_id", &e.organization},
			named{"event_id", &e.id},
			named{"developer_id", &e.developer},
			named{"actor_kind", &e.actorKind},
			named{"actor_value", &e.actor},
			named{"occurred_at", &e.occurred},
			named{"source_kind", &e.sourceKind},
			named{"tool", &e.tool},
			named{"machine", &e.machine},
			named{"project", &e.project},
			named{"block_id", &e.block},
			named{"actor_key", &e.actorKey},
		))
}

func (b *packageBatch) reset() {
	b.mentions, b.rows, b.places, b.leads = b.mentions[:0], b.rows[:0], b.places[:0], b.leads[:0]
	b.first, b.last = math.MaxInt64, math.MinInt64
	b.name.reset()
	b.version.reset()
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
	for _, number := range numbers {
		b.name.add(b.purls.known[number].Package)
		b.version.add(b.purls.known[number].Version)
	}
	for i, row := range b.order.rows {
		yield(i)
		b.rows, b.leads = append(b.rows, row>>1), append(b.leads, row&1)
		b.places = append(b.places, uint32(b.order.keys[i]>>ofTime&(1<<ofPlace-1)))
	}
}
