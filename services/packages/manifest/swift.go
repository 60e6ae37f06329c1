package manifest

import (
	"context"
	"encoding/json"
	"strings"
)

// swiftLock is the part of a Package.resolved that names packages: within an object in version 1, at the top since.
type swiftLock struct {
	Object struct {
		Pins []swiftPin `json:"pins"`
	} `json:"object"`
	Pins []swiftPin `json:"pins"`
}

type swiftPin struct {
	Kind          string `json:"kind"`
	Location      string `json:"location"`
	RepositoryURL string `json:"repositoryURL"` // of version 1
	State         struct {
		Version string `json:"version"`
	} `json:"state"`
}

func readPackageResolved(_ context.Context, content []byte) ([]entry, error) {
	var lock *swiftLock
	if err := json.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	entries := make([]entry, 0, len(lock.Pins)+len(lock.Object.Pins))
	for _, pins := range [][]swiftPin{lock.Pins, lock.Object.Pins} {
		for _, p := range pins {
			entries = append(entries, p.entry())
		}
	}
	return entries, nil
}

// entry names the package by its repository, however its address is written. Folders have none, nor have packages of a registry, whose purl would need
// the registry's host.
func (p swiftPin) entry() entry {
	location := p.Location + p.RepositoryURL
	if p.Kind == "localSourceControl" || p.Kind == "fileSystem" || strings.HasPrefix(location, "/") || strings.HasPrefix(location, "file:") {
		return entry{}
	}
	path := strings.TrimPrefix(repositoryOf(location), "https://")
	path = strings.TrimSuffix(strings.TrimRight(path, "/"), ".git")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return entry{}
	}
	return entry{purlType: "swift", namespace: path[:i], name: path[i+1:], version: p.State.Version}
}
