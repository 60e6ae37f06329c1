package clickhouse

import (
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/services/events"
)

// eventColumns are the columns of an append, in the order of appendEvent.
const eventColumns = `organization_id, name, id, developer_id, actor_kind, actor_value, occurred_at, received_at, source_kind,
    tool, tool_version, machine, project, packages, package_rows, session_id, properties, block_id`

// packageColumns are the columns of an append, in the order of appendPackages.
const packageColumns = `organization_id, package, version, leading_row, event_id, developer_id, actor_kind, actor_value, occurred_at,
    source_kind, tool, machine, project, block_id`

// eventFromRow reads a row of list_rows.sql.
func eventFromRow(rows driver.Rows) (events.Event, error) {
	var e events.Event
	var actorKind, sourceKind uint8
	err := rows.Scan(&e.ID, &e.Name, &e.OccurredAt, &e.ReceivedAt, &actorKind, &e.Actor.Value, &e.DeveloperID, &sourceKind,
		&e.Source.Tool, &e.Source.ToolVersion, &e.Source.Machine, &e.Project, &e.Packages, &e.SessionID, &e.Properties)
	e.Actor.Kind = events.IdentityKind(actorKind)
	e.Source.Kind = events.SourceKind(sourceKind)
	e.OccurredAt, e.ReceivedAt = e.OccurredAt.UTC(), e.ReceivedAt.UTC()
	if len(e.Packages) == 0 {
		e.Packages = nil
	}
	return e, err
}

func appendEvent(batch driver.Batch, b block, e events.Event, packageRows int, promoted filled) error {
	row := []any{
		b.organization, e.Name, e.ID, e.DeveloperID, uint8(e.Actor.Kind), e.Actor.Value, e.OccurredAt, e.ReceivedAt, uint8(e.Source.Kind),
		e.Source.Tool, e.Source.ToolVersion, e.Source.Machine, e.Project, e.Packages, uint16(packageRows), e.SessionID, e.Properties, b.id,
	}
	for _, slot := range promoted.slots {
		row = append(row, promoted.value(b.organization, slot, e.Properties))
	}
	return batch.Append(row...)
}

func appendPackages(batch driver.Batch, b block, e owned) error {
	for _, row := range e.PackageRows() {
		err := batch.Append(e.organization, row.Package, row.Version, row.Leading, e.ID, e.DeveloperID, uint8(e.Actor.Kind), e.Actor.Value, e.OccurredAt,
			uint8(e.Source.Kind), e.Source.Tool, e.Source.Machine, e.Project, b.id)
		if err != nil {
			return err
		}
	}
	return nil
}
