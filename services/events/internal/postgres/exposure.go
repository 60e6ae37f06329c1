package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	args := about(organization, q.Range)
	args["package"], args["versions"], args["limit"] = q.Package, q.Versions, q.Limit
	var exposure events.Exposure
	err := s.ask(ctx, organization, func(look *session) error {
		sh := look.overriding(look.pending, args)
		sh.Versioned = q.Versions != nil
		return look.answer(ctx, "exposure", sh, args, func(rows pgx.Rows) error { return addExposure(&exposure, rows) })
	})
	if err != nil {
		return events.Exposure{}, err
	}
	return exposure, nil
}

// PackageVersions asks for the versions alone.
func (s *Store) PackageVersions(ctx context.Context, organization uuid.UUID, pkg string, r events.Range) ([]string, error) {
	args := about(organization, r)
	args["package"] = pkg
	var versions []string
	err := s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "package_versions", shape{}, args, func(rows pgx.Rows) error {
			var version string
			err := rows.Scan(&version)
			versions = append(versions, version)
			return err
		})
	})
	return versions, err
}

// addExposure reads a row of exposure.sql into its list.
func addExposure(x *events.Exposure, rows pgx.Rows) error {
	var dimension int32
	var count, total int64
	var developer uuid.UUID
	var actorKind, sourceKind int16
	var actorValue, project, tool, machine, version string
	var owner uuid.UUID
	var first, last time.Time
	err := rows.Scan(&dimension, &developer, &actorKind, &actorValue, &owner, &project, &sourceKind, &tool, &machine, &version, &first, &last, &count, &total)
	if err != nil {
		return err
	}
	seen := events.Sighting{First: first.UTC(), Last: last.UTC(), Count: count}
	switch dimension {
	case altogether:
		x.Sighting = seen
	case byDeveloper:
		add(&x.Developers, developer, seen, total)
	case byActor:
		actor := events.Actor{Identity: events.Identity{Kind: events.IdentityKind(actorKind), Value: actorValue}, DeveloperID: owner}
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

func add[K any](list *events.Sightings[K], key K, seen events.Sighting, total int64) {
	list.Rows = append(list.Rows, events.Seen[K]{Key: key, Sighting: seen})
	list.Total = int(total)
}
