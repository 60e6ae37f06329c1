package manifest

import (
	"context"
	"encoding/json"
	"strings"
)

// nugetLock is the part of a packages.lock.json that names packages: by target framework and name.
type nugetLock struct {
	Dependencies map[string]map[string]struct {
		Type     string `json:"type"`
		Resolved string `json:"resolved"`
	} `json:"dependencies"`
}

// readPackagesLock skips the projects of the same solution.
func readPackagesLock(_ context.Context, content []byte) ([]entry, error) {
	var lock *nugetLock
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	var entries []entry
	for _, packages := range lock.Dependencies {
		for name, p := range packages {
			if strings.EqualFold(p.Type, "Project") {
				entries = append(entries, entry{})
				continue
			}
			entries = append(entries, entry{purlType: "nuget", name: name, version: p.Resolved})
		}
	}
	return entries, nil
}
