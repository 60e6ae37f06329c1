package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// ManifestChanges asks for the newest event of each file.
func (s *Store) ManifestChanges(ctx context.Context, organization uuid.UUID, pkg string, projects []string) ([]events.ManifestChange, error) {
	var list []events.ManifestChange
	err := s.ask(ctx, organization, func(look *session) (err error) {
		list, err = look.manifestChanges(ctx, pkg, projects)
		return err
	})
	return list, err
}

func (s *session) manifestChanges(ctx context.Context, pkg string, projects []string) ([]events.ManifestChange, error) {
	if len(projects) == 0 {
		return nil, nil
	}
	args := pgx.NamedArgs{"organization": s.organization, "package": pkg, "projects": projects, "names": events.ManifestEvents}
	var list []events.ManifestChange
	err := s.answer(ctx, "manifest_changes", shape{}, args, func(rows pgx.Rows) error {
		var c events.ManifestChange
		err := rows.Scan(&c.Project, &c.Path, &c.Name, &c.Packages, &c.Properties)
		list = append(list, c)
		return err
	})
	return list, err
}
