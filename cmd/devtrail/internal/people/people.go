// Package people finds the names of developers for answers that carry their ids. It stands between the events service's
// answers and render, which prints them.
package people

import (
	"context"
	"fmt"
	"slices"

	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// atOnce is how many developers one call may name.
const atOnce = 1000

// Names maps ids of developers to their names for people. A nil Names knows nobody.
type Names map[string]string

// Of returns a developer's name, or the id when there is none, or a dash for nobody.
func (n Names) Of(id string) string {
	if id == "" {
		return "-"
	}
	if name := n[id]; name != "" {
		return name
	}
	return id
}

// Find asks identity for the names of developers. Ids may repeat and be empty; unknown ones get no name.
func Find(ctx context.Context, client identityv1.DeveloperServiceClient, ids []string) (Names, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	names := Names{}
	for some := range slices.Chunk(ids, atOnce) {
		response, err := client.BatchGetDevelopers(ctx, &identityv1.BatchGetDevelopersRequest{
			DeveloperIds: some, View: identityv1.DeveloperView_DEVELOPER_VIEW_BASIC,
		})
		if err != nil {
			return nil, fmt.Errorf("find the names of developers: %w", err)
		}
		for _, match := range response.GetMatches() {
			if developer := match.GetDeveloper(); developer != nil {
				names[match.GetDeveloperId()] = developer.GetDisplayName()
			}
		}
	}
	return names, nil
}
