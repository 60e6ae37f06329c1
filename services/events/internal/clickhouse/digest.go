package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

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
	return overriding(ctx, s, organization, func(ctx context.Context, overridden *lookup) (events.Digest, error) {
		p := about(organization)
		p.within(q.Range)
		p.filter(q.Filter)
		p.micros("middle", q.Middle)
		p.number("limit", q.Limit)
		p.number("agent", int(events.SourceAgent))
		sh := shape{Filter: q.Filter}
		sh.owned(overridden, p)
		var d events.Digest
		err := s.query(ctx, "digest", sh, p, func(rows driver.Rows) error { return addDigest(&d, rows) })
		if err != nil {
			return events.Digest{}, err
		}
		p.within(events.Range{Start: q.Middle, End: q.Range.End})
		p.texts("manifest_events", events.ManifestEvents)
		p.text("added", events.ManifestEvents[0])
		p.text("changed", events.ManifestEvents[1])
		p.text("removed", events.ManifestEvents[2])
		if len(q.Filter.DeveloperIDs) == 0 {
			sh.Overrides = nil
		}
		err = s.query(ctx, "digest_packages", sh, p, func(rows driver.Rows) error {
			var row events.PackageActivity
			var added, changed, removed, total uint64
			err := rows.Scan(&row.Package, &added, &changed, &removed, &total)
			row.Added, row.Changed, row.Removed = int64(added), int64(changed), int64(removed)
			d.Packages.Rows = append(d.Packages.Rows, row)
			d.Packages.Total = int(total)
			return err
		})
		if err != nil {
			return events.Digest{}, err
		}
		return d, nil
	})
}

// addDigest reads a row of digest.sql into its list.
func addDigest(d *events.Digest, rows driver.Rows) error {
	var dimension, current, previous, developers, developersBefore, agents, agentsBefore, total uint64
	var sourceKind uint8
	var tool, name, project string
	err := rows.Scan(&dimension, &sourceKind, &tool, &name, &project, &current, &previous, &developers, &developersBefore, &agents, &agentsBefore, &total)
	if err != nil {
		return err
	}
	tally := events.Tally{Current: int64(current), Previous: int64(previous)}
	switch dimension {
	case digestAll:
		d.Events = tally
		d.Developers = events.Tally{Current: int64(developers), Previous: int64(developersBefore)}
		d.Agents = events.Tally{Current: int64(agents), Previous: int64(agentsBefore)}
	case digestTools:
		addTally(&d.Sources, events.Tool{Kind: events.SourceKind(sourceKind), Name: tool}, tally, total)
	case digestNames:
		addTally(&d.Names, name, tally, total)
	case digestProjects:
		addTally(&d.Projects, project, tally, total)
	}
	return nil
}

func addTally[K any](list *events.Tallies[K], key K, tally events.Tally, total uint64) {
	list.Rows = append(list.Rows, events.Tallied[K]{Key: key, Tally: tally})
	list.Total = int(total)
}
