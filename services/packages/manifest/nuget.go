package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
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

// nugetConfig is the part of a packages.config that names packages.
type nugetConfig struct {
	XMLName  xml.Name `xml:"packages"`
	Packages []struct {
		ID      string `xml:"id,attr"`
		Version string `xml:"version,attr"`
	} `xml:"package"`
}

// readPackagesConfig reads it in the encoding that it declares. A package needs both attributes: NuGet takes none without a version.
func readPackagesConfig(_ context.Context, content []byte) ([]entry, error) {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	decoder.CharsetReader = charsetReader
	var config nugetConfig
	if err := decoder.Decode(&config); err != nil {
		return nil, err
	}
	entries := make([]entry, len(config.Packages))
	for i, p := range config.Packages {
		if p.ID != "" && p.Version != "" {
			entries[i] = entry{purlType: "nuget", name: p.ID, version: p.Version}
		}
	}
	return entries, nil
}
