package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// ManifestChanges keeps the newest event of each file.
func (s *Store) ManifestChanges(ctx context.Context, id uuid.UUID, pkg string, projects []string) ([]events.ManifestChange, error) {
	if len(projects) == 0 {
		return nil, ctx.Err()
	}
	matching, err := s.matching(ctx, id, events.AllTime, events.Filter{
		Names: events.ManifestEvents, Projects: projects, Packages: []events.PackageVersion{{Package: pkg}},
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(matching, func(a, b events.Event) int { return b.Compare(a) })
	type file struct{ project, path string }
	seen := make(map[file]bool)
	var list []events.ManifestChange
	for _, e := range matching {
		var properties map[string]any
		_ = json.Unmarshal([]byte(e.Properties), &properties) // the event is canonical
		path, _ := properties["path"].(string)
		if strings.Contains(path, "\x00") {
			path = ""
		}
		if f := (file{e.Project, path}); !seen[f] {
			seen[f] = true
			list = append(list, events.ManifestChange{Project: e.Project, Path: path, Name: e.Name, Packages: e.Packages, Properties: e.Properties})
		}
	}
	slices.SortFunc(list, func(a, b events.ManifestChange) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Path, b.Path))
	})
	return list, nil
}
