package postgres

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// eventColumns are the columns of eventToRow, in its order.
var eventColumns = []string{
	"organization_id", "id", "name", "occurred_at", "received_at", "actor_kind", "actor_value", "developer_id",
	"source_kind", "tool", "tool_version", "machine", "project", "packages", "session_id", "properties",
}

// blockColumns are those of the incoming events of a block: eventColumns, and the place in the block.
var blockColumns = []string{
	"organization_id", "id", "name", "occurred_at", "received_at", "actor_kind", "actor_value", "developer_id",
	"source_kind", "tool", "tool_version", "machine", "project", "packages", "session_id", "properties", "place",
}

// packageColumns are the columns of packageToRow, in its order.
var packageColumns = []string{
	"organization_id", "package", "version", "leading_row", "event_id", "developer_id", "actor_kind", "actor_value",
	"occurred_at", "source_kind", "tool", "machine", "project",
}

func eventToRow(organization uuid.UUID, e events.Event) []any {
	packages := e.Packages
	if packages == nil {
		packages = []string{} // the column is never null
	}
	return []any{
		organization, e.ID, e.Name, e.OccurredAt, e.ReceivedAt, int16(e.Actor.Kind), e.Actor.Value, e.DeveloperID,
		int16(e.Source.Kind), e.Source.Tool, e.Source.ToolVersion, e.Source.Machine, e.Project, packages, e.SessionID, e.Properties,
	}
}

func packageToRow(organization uuid.UUID, e events.Event, row events.PackageRow) []any {
	return []any{
		organization, row.Package, row.Version, row.Leading, e.ID, e.DeveloperID, int16(e.Actor.Kind), e.Actor.Value,
		e.OccurredAt, int16(e.Source.Kind), e.Source.Tool, e.Source.Machine, e.Project,
	}
}

// basicFromRow reads a row of list.sql that has what Event.Basic keeps.
func basicFromRow(rows pgx.Rows) (events.Event, error) {
	var e events.Event
	err := rows.Scan(&e.ID, &e.Name, &e.OccurredAt, &e.DeveloperID, &e.Project)
	e.OccurredAt = e.OccurredAt.UTC()
	return e, err
}

// eventFromRow reads a row of list.sql.
func eventFromRow(rows pgx.Rows) (events.Event, error) {
	var e events.Event
	var actorKind, sourceKind int16
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
