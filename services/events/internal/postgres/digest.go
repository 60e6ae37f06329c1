package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// The dimensions of digest.sql: one bit for each key that a row is not grouped by.
const (
	digestTools    = 0b011
	digestNames    = 0b101
	digestProjects = 0b110
	digestAll      = 0b111
)

// Digest asks for all lists but that of the packages in one statement.
func (s *Store) Digest(ctx context.Context, organization uuid.UUID, q events.DigestQuery) (events.Digest, error) {
	args := about(organization, q.Range)
	addFilter(args, q.Filter)
	args["middle"], args["limit"], args["agent"] = q.Middle, q.Limit, int16(events.SourceAgent)
	var d events.Digest
	err := s.ask(ctx, organization, func(look *session) error {
		sh, _, err := look.owned(ctx, q.Filter, args)
		if err != nil {
			return err
		}
		if err := look.answer(ctx, "digest", sh, args, func(rows pgx.Rows) error { return addDigest(&d, rows) }); err != nil {
			return err
		}
		args["start"] = q.Middle
		args["manifest_events"] = events.ManifestEvents
		args["added"], args["changed"], args["removed"] = events.ManifestEvents[0], events.ManifestEvents[1], events.ManifestEvents[2]
		sh.Overrides = sh.Overrides && len(q.Filter.DeveloperIDs) > 0
		if err := look.joinByHash(ctx); err != nil {
			return err
		}
		return look.answer(ctx, "digest_packages", sh, args, func(rows pgx.Rows) error {
			var row events.PackageActivity
			err := rows.Scan(&row.Package, &row.Added, &row.Changed, &row.Removed, &d.Packages.Total)
			d.Packages.Rows = append(d.Packages.Rows, row)
			return err
		})
	})
	if err != nil {
		return events.Digest{}, err
	}
	return d, nil
}

// addDigest reads a row of digest.sql into its list.
func addDigest(d *events.Digest, rows pgx.Rows) error {
	var dimension int32
	var sourceKind int16
	var tool, name, project string
	var tally, developers, agents events.Tally
	var total int64
	err := rows.Scan(&dimension, &sourceKind, &tool, &name, &project, &tally.Current, &tally.Previous,
		&developers.Current, &developers.Previous, &agents.Current, &agents.Previous, &total)
	if err != nil {
		return err
	}
	switch dimension {
	case digestAll:
		d.Events, d.Developers, d.Agents = tally, developers, agents
	case digestTools:
		addTally(&d.Sources, events.Tool{Kind: events.SourceKind(sourceKind), Name: tool}, tally, total)
	case digestNames:
		addTally(&d.Names, name, tally, total)
	case digestProjects:
		addTally(&d.Projects, project, tally, total)
	}
	return nil
}

func addTally[K any](list *events.Tallies[K], key K, tally events.Tally, total int64) {
	list.Rows = append(list.Rows, events.Tallied[K]{Key: key, Tally: tally})
	list.Total = int(total)
}
