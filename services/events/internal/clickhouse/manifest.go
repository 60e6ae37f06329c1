package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// manifestShape is a question about manifests. Which of them an event is about is in its properties.
type manifestShape struct{ Path levels }

// ManifestChanges asks for the newest event of each file.
func (s *Store) ManifestChanges(ctx context.Context, organization uuid.UUID, pkg string, projects []string) ([]events.ManifestChange, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	st := newStatement(organization, view{})
	sh := manifestShape{Path: levels{st.property("properties", "path")}}
	st.params.text("package", pkg)
	st.params.texts("projects", projects)
	st.params.texts("names", events.ManifestEvents)
	var list []events.ManifestChange
	err := s.run(ctx, "manifest_changes", sh, st.params, func(rows driver.Rows) error {
		var c events.ManifestChange
		err := rows.Scan(&c.Project, &c.Path, &c.Name, &c.Packages, &c.Properties)
		list = append(list, c)
		return err
	})
	return list, judge(ctx, err)
}
