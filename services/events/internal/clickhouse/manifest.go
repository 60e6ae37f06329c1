package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// ManifestChanges asks for the newest event of each file.
func (s *Store) ManifestChanges(ctx context.Context, organization uuid.UUID, pkg string, projects []string) ([]events.ManifestChange, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	p := about(organization)
	p.text("package", pkg)
	p.texts("projects", projects)
	p.texts("names", events.ManifestEvents)
	var list []events.ManifestChange
	err := s.query(ctx, "manifest_changes", shape{}, p, func(rows driver.Rows) error {
		var c events.ManifestChange
		err := rows.Scan(&c.Project, &c.Path, &c.Name, &c.Packages, &c.Properties)
		list = append(list, c)
		return err
	})
	return list, err
}
