package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// The dimensions of exposure.sql: one bit for each key that a row is not grouped by.
const (
	byDeveloper = 0b011111
	byActor     = 0b101111
	byProject   = 0b110111
	byTool      = 0b111011
	byMachine   = 0b111101
	byVersion   = 0b111110
	altogether  = 0b111111
)

// Exposure asks for all lists in one statement.
func (s *Store) Exposure(ctx context.Context, organization uuid.UUID, q events.ExposureQuery) (events.Exposure, error) {
	return overriding(ctx, s, organization, func(ctx context.Context, overridden *lookup) (events.Exposure, error) {
		p := about(organization)
		p.within(q.Range)
		p.text("package", q.Package)
		p.texts("versions", q.Versions)
		p.number("limit", q.Limit)
		var exposure events.Exposure
		sh := shape{Always: q.Range == events.AllTime, Versioned: q.Versions != nil}
		sh.owned(overridden.exactly(), p)
		err := s.query(ctx, "exposure", sh, p, func(rows driver.Rows) error { return addExposure(&exposure, rows) })
		if err != nil {
			return events.Exposure{}, err
		}
		return exposure, nil
	})
}

// PackageVersions asks for the versions alone.
func (s *Store) PackageVersions(ctx context.Context, organization uuid.UUID, pkg string, r events.Range) ([]string, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	p := about(organization)
	p.within(r)
	p.text("package", pkg)
	var versions []string
	err := s.query(ctx, "package_versions", shape{}, p, func(rows driver.Rows) error {
		var version string
		err := rows.Scan(&version)
		versions = append(versions, version)
		return err
	})
	return versions, err
}

// addExposure reads a row of exposure.sql into its list.
func addExposure(x *events.Exposure, rows driver.Rows) error {
	var dimension, count, total uint64
	var developer uuid.UUID
	var actorKind, sourceKind uint8
	var actorValue, owner, project, tool, machine, version string
	var first, last time.Time
	err := rows.Scan(&dimension, &developer, &actorKind, &actorValue, &owner, &project, &sourceKind, &tool, &machine, &version, &first, &last, &count, &total)
	if err != nil {
		return err
	}
	seen := events.Sighting{First: first.UTC(), Last: last.UTC(), Count: int64(count)}
	switch dimension {
	case altogether:
		x.Sighting = seen
	case byDeveloper:
		add(&x.Developers, developer, seen, total)
	case byActor:
		actor := events.Actor{Identity: events.Identity{Kind: events.IdentityKind(actorKind), Value: actorValue}, DeveloperID: uuid.UUID([]byte(owner))}
		add(&x.Actors, actor, seen, total)
	case byProject:
		add(&x.Projects, project, seen, total)
	case byTool:
		add(&x.Sources, events.Tool{Kind: events.SourceKind(sourceKind), Name: tool}, seen, total)
	case byMachine:
		add(&x.Machines, machine, seen, total)
	case byVersion:
		add(&x.Versions, version, seen, total)
	}
	return nil
}

func add[K any](list *events.Sightings[K], key K, seen events.Sighting, total uint64) {
	list.Rows = append(list.Rows, events.Seen[K]{Key: key, Sighting: seen})
	list.Total = int(total)
}
