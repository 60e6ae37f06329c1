package columns

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/queue"
)

// eventBatch is the rows of a block: what the table events gets of them, and event_packages of those that have packages.
type eventBatch struct {
	organization, id, developer fixedColumn
	name, tool, version         wordColumn
	project                     wordColumn
	actorKind, sourceKind       fixedColumn
	actor                       repeated // of actors
	machine                     textColumn
	actorKey                    fixedColumn
	session, properties         textColumn
	occurred, received          fixedColumn
	packages                    repeated // of purls
	packageRows                 fixedColumn
	block                       fixedColumn
	owners                      owners
	promoted                    [catalog.Slots + 1]textColumn // by slot
}

// The types of columns whose values have a size.
const (
	typeID    = proto.ColumnTypeUUID
	typeByte  = proto.ColumnTypeUInt8
	typeShort = proto.ColumnTypeUInt16
	typeLong  = proto.ColumnTypeUInt64
	typeTime  = proto.ColumnType("DateTime64(6)")
)

func newEventBatch(a *actors, p *purls) *eventBatch {
	id, one, long, instant := fixedColumn{kind: typeID, size: 16}, fixedColumn{kind: typeByte, size: 1}, fixedColumn{kind: typeLong, size: 8}, fixedColumn{kind: typeTime, size: 8}
	return &eventBatch{
		actor: repeated{column: &a.values}, packages: repeated{column: &p.lists},
		organization: id, id: id, developer: id, actorKind: one, sourceKind: one, actorKey: long, occurred: instant, received: instant,
		packageRows: fixedColumn{kind: typeShort, size: 2}, block: fixedColumn{kind: typeLong, size: 8, even: true},
	}
}

// columns are those of the table, then those of the slots.
func (b *eventBatch) columns(slots []int) []named {
	list := []named{
		{"organization_id", &b.organization},
		{"name", &b.name},
		{"id", &b.id},
		{"developer_id", &b.developer},
		{"actor_kind", &b.actorKind},
		{"actor_value", &b.actor},
		{"occurred_at", &b.occurred},
		{"received_at", &b.received},
		{"source_kind", &b.sourceKind},
		{"tool", &b.tool},
		{"tool_version", &b.version},
		{"machine", &b.machine},
		{"project", &b.project},
		{"packages", &b.packages},
		{"package_rows", &b.packageRows},
		{"session_id", &b.session},
		{"properties", &b.properties},
		{"block_id", &b.block},
		{"actor_key", &b.actorKey},
	}
	for _, slot := range slots {
		list = append(list, named{catalog.Column(slot), &b.promoted[slot]})
	}
	return list
}

// rows is how many there are.
func (b *eventBatch) rows() int { return b.id.count() }

func (b *eventBatch) reset() {
	for _, c := range b.columns(nil) {
		c.reset()
	}
	for i := range b.promoted {
		b.promoted[i].reset()
	}
	b.owners.reset()
}

// grow makes room for more rows in the columns whose values have a size.
func (b *eventBatch) grow(rows int) {
	for _, c := range b.columns(nil) {
		if fixed, is := c.column.(*fixedColumn); is {
			fixed.grow(rows)
		}
	}
}

func (b *eventBatch) add(r *queue.Row, by actor, list uint32, packageRows int, block uint64) {
	b.organization.addID(&r.Organization)
	b.id.addID(&r.ID)
	b.developer.addID(&r.DeveloperID)
	b.name.add(r.Name)
	b.tool.add(r.Tool)
	b.version.add(r.ToolVersion)
	b.project.add(r.Project)
	b.actorKind.addByte(r.ActorKind)
	b.sourceKind.addByte(r.SourceKind)
	b.actor.add(by.number)
	b.actorKey.addLong(by.key)
	b.machine.add(r.Machine)
	b.session.add(r.SessionID)
	b.properties.add(r.Properties)
	b.occurred.addLong(uint64(r.OccurredAt))
	b.received.addLong(uint64(r.ReceivedAt))
	b.packages.add(list)
	b.packageRows.addShort(uint16(packageRows))
	b.block.addLong(block)
	b.owners.add(r.Organization)
	b.organization.even = b.owners.one()
}

// sort brings some rows into the order of the table's key.
func (b *eventBatch) sort(s *sorter, some []uint32) {
	words, _ := ranks(b.name.list(), strings.Compare)
	first, last := ^uint64(0), uint64(0)
	for _, row := range some {
		at := day(b.occurred.long(row))
		first, last = min(first, at), max(last, at)
	}
	ofOwner, ofName, ofDay := bits.Len(uint(b.owners.count)), bits.Len(uint(len(words))), bits.Len64(last-first)
	place := ofOwner + ofDay + ofName
	s.begin(len(some))
	for i, row := range some {
		yield(i)
		key := b.owners.rank(row)<<ofDay | (day(b.occurred.long(row)) - first)
		key = key<<ofName | uint64(words[b.name.keys[row]])
		s.add(key<<(64-place)|b.developer.major(row)>>place, row)
	}
	s.sort(max(64-place-developerBits, 0), 64)
	if !slices.IsSorted(s.keys) {
		s.sort(0, 64)
	}
}

// developerBits are as many of the first bits of random ids as tell some thousands of developers apart, mostly.
const developerBits = 33

// day is that of a time in microseconds, by its number.
func day(micros uint64) uint64 { return micros / 86_400_000_000 }
