package clickhouse

import (
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/queue"
)

// eventBatch is the rows of a block for the table events.
type eventBatch struct {
	organization, id, developer idColumn
	name, tool, version         wordColumn
	project                     wordColumn
	actorKind, sourceKind       proto.ColUInt8
	actor, machine              textColumn
	actorKey                    proto.ColUInt64
	session, properties         textColumn
	occurred, received          proto.ColDateTime64
	packages                    listColumn
	packageRows                 proto.ColUInt16
	block                       proto.ColUInt64
	promoted                    [catalog.Slots + 1]textColumn // by slot
}

func newEventBatch() *eventBatch {
	b := new(eventBatch)
	b.occurred.WithPrecision(proto.PrecisionMicro)
	b.received.WithPrecision(proto.PrecisionMicro)
	return b
}

// input is the columns in the order of eventColumns, that of blockColumns, and those of the slots.
func (b *eventBatch) input(slots []int) proto.Input {
	input := proto.Input{
		{Name: "organization_id", Data: &b.organization},
		{Name: "name", Data: &b.name},
		{Name: "id", Data: &b.id},
		{Name: "developer_id", Data: &b.developer},
		{Name: "actor_kind", Data: &b.actorKind},
		{Name: "actor_value", Data: &b.actor},
		{Name: "occurred_at", Data: &b.occurred},
		{Name: "received_at", Data: &b.received},
		{Name: "source_kind", Data: &b.sourceKind},
		{Name: "tool", Data: &b.tool},
		{Name: "tool_version", Data: &b.version},
		{Name: "machine", Data: &b.machine},
		{Name: "project", Data: &b.project},
		{Name: "packages", Data: &b.packages},
		{Name: "package_rows", Data: &b.packageRows},
		{Name: "session_id", Data: &b.session},
		{Name: "properties", Data: &b.properties},
		{Name: "block_id", Data: &b.block},
		{Name: "actor_key", Data: &b.actorKey},
	}
	for _, slot := range slots {
		input = append(input, proto.InputColumn{Name: catalog.Column(slot), Data: &b.promoted[slot]})
	}
	return input
}

func (b *eventBatch) reset() {
	for _, c := range []interface{ reset() }{
		&b.organization, &b.id, &b.developer, &b.name, &b.tool, &b.version, &b.project, &b.actor, &b.machine, &b.session, &b.properties, &b.packages,
	} {
		c.reset()
	}
	for _, c := range []interface{ Reset() }{&b.actorKind, &b.sourceKind, &b.occurred, &b.received, &b.packageRows, &b.block, &b.actorKey} {
		c.Reset()
	}
	for i := range b.promoted {
		b.promoted[i].reset()
	}
}

// promote adds to the slots of a block what the row has for them.
func (b *eventBatch) promote(r *queue.Row, promoted filled) {
	for _, slot := range promoted.slots {
		b.promoted[slot].add(promoted.value(r.Organization, slot, r.Properties))
	}
}

// grow makes room for more rows in the columns whose values have a size, so that they grow once and not many times.
func (b *eventBatch) grow(rows int) {
	for _, c := range []*idColumn{&b.organization, &b.id, &b.developer} {
		c.grow(rows)
	}
	b.occurred.Data, b.received.Data = slices.Grow(b.occurred.Data, rows), slices.Grow(b.received.Data, rows)
	b.block, b.packageRows = slices.Grow(b.block, rows), slices.Grow(b.packageRows, rows)
	b.actorKey = slices.Grow(b.actorKey, rows)
	b.actorKind, b.sourceKind = slices.Grow(b.actorKind, rows), slices.Grow(b.sourceKind, rows)
}

func (b *eventBatch) add(r *queue.Row, actorKey uint64, packageRows int, block uint64) {
	b.organization.add(&r.Organization)
	b.id.add(&r.ID)
	b.developer.add(&r.DeveloperID)
	b.name.add(r.Name)
	b.tool.add(r.Tool)
	b.version.add(r.ToolVersion)
	b.project.add(r.Project)
	b.actorKind, b.sourceKind = append(b.actorKind, r.ActorKind), append(b.sourceKind, r.SourceKind)
	b.actor.add(r.ActorValue)
	b.actorKey = append(b.actorKey, actorKey)
	b.machine.add(r.Machine)
	b.session.add(r.SessionID)
	b.properties.add(r.Properties)
	b.occurred.Data = append(b.occurred.Data, proto.DateTime64(r.OccurredAt))
	b.received.Data = append(b.received.Data, proto.DateTime64(r.ReceivedAt))
	b.packages.add(r.Packages)
	b.packageRows, b.block = append(b.packageRows, uint16(packageRows)), append(b.block, block)
}

// packageBatch is the rows of a block for the table event_packages.
type packageBatch struct {
	organization, event, developer idColumn
	name, version                  textColumn
	leading                        proto.ColBool
	actorKind, sourceKind          proto.ColUInt8
	actor, machine                 textColumn
	actorKey                       proto.ColUInt64
	occurred                       proto.ColDateTime64
	tool, project                  wordColumn
	block                          proto.ColUInt64
}

func newPackageBatch() *packageBatch {
	b := new(packageBatch)
	b.occurred.WithPrecision(proto.PrecisionMicro)
	return b
}

// input is the columns in the order of packageColumns, and that of blockColumns.
func (b *packageBatch) input() proto.Input {
	return proto.Input{
		{Name: "organization_id", Data: &b.organization},
		{Name: "package", Data: &b.name},
		{Name: "version", Data: &b.version},
		{Name: "leading_row", Data: &b.leading},
		{Name: "event_id", Data: &b.event},
		{Name: "developer_id", Data: &b.developer},
		{Name: "actor_kind", Data: &b.actorKind},
		{Name: "actor_value", Data: &b.actor},
		{Name: "occurred_at", Data: &b.occurred},
		{Name: "source_kind", Data: &b.sourceKind},
		{Name: "tool", Data: &b.tool},
		{Name: "machine", Data: &b.machine},
		{Name: "project", Data: &b.project},
		{Name: "block_id", Data: &b.block},
		{Name: "actor_key", Data: &b.actorKey},
	}
}

func (b *packageBatch) reset() {
	for _, c := range []interface{ reset() }{
		&b.organization, &b.event, &b.developer, &b.name, &b.version, &b.actor, &b.machine, &b.tool, &b.project,
	} {
		c.reset()
	}
	for _, c := range []interface{ Reset() }{&b.leading, &b.actorKind, &b.sourceKind, &b.occurred, &b.block, &b.actorKey} {
		c.Reset()
	}
}

// grow is that of eventBatch.
func (b *packageBatch) grow(rows int) {
	for _, c := range []*idColumn{&b.organization, &b.event, &b.developer} {
		c.grow(rows)
	}
	b.occurred.Data, b.block, b.actorKey = slices.Grow(b.occurred.Data, rows), slices.Grow(b.block, rows), slices.Grow(b.actorKey, rows)
}

func (b *packageBatch) add(r *queue.Row, actorKey uint64, p events.PackageRow, block uint64) {
	b.organization.add(&r.Organization)
	b.event.add(&r.ID)
	b.developer.add(&r.DeveloperID)
	b.name.add(p.Package)
	b.version.add(p.Version)
	b.leading = append(b.leading, p.Leading)
	b.actorKind, b.sourceKind = append(b.actorKind, r.ActorKind), append(b.sourceKind, r.SourceKind)
	b.actor.add(r.ActorValue)
	b.actorKey = append(b.actorKey, actorKey)
	b.machine.add(r.Machine)
	b.occurred.Data = append(b.occurred.Data, proto.DateTime64(r.OccurredAt))
	b.tool.add(r.Tool)
	b.project.add(r.Project)
	b.block = append(b.block, block)
}

// purls knows the rows of lists of packages, since few lists make most events. The zero value is ready.
type purls struct {
	single map[string]single // of events with one package
	recent recent[[]events.PackageRow]
	sorted []events.PackageRow
}

// single is the rows of one package, by a text of its own.
type single struct {
	text string
	rows []events.PackageRow
}

// mostPurls bounds how many are known.
const mostPurls = 1 << 15

// of returns the rows of an event, valid until the next call.
func (p *purls) of(r *queue.Row) []events.PackageRow {
	switch len(r.Packages) {
	case 0:
		return nil
	case 1:
		met := p.recent.at(r.Packages[0])
		if !met.is(r.Packages[0]) {
			one := p.one(r.Packages[0])
			met.set(one.text, one.rows)
		}
		return met.value
	default:
		p.sorted = (&events.Event{Packages: slices.Clone(r.Packages)}).PackageRows()
		return p.sorted
	}
}

func (p *purls) one(purl string) single {
	if one, known := p.single[purl]; known {
		return one
	}
	if p.single == nil || len(p.single) >= mostPurls {
		p.single = make(map[string]single)
	}
	text := string([]byte(purl)) // the frame's memory goes
	one := single{rows: (&events.Event{Packages: []string{text}}).PackageRows(), text: text}
	p.single[text] = one
	return one
}
