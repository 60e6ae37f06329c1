package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
)

// pipfilePackage is one package of a Pipfile.lock.
type pipfilePackage struct {
	Version string `json:"version"`
	Git     string `json:"git"`
	Hg      string `json:"hg"`
	SVN     string `json:"svn"`
	Ref     string `json:"ref"`
	Path    string `json:"path"`
	File    string `json:"file"`
}

// readPipfileLock reads the packages of all categories: default, develop and those that the project names itself.
func readPipfileLock(_ context.Context, content []byte) ([]entry, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, nil
	}
	var categories map[string]json.RawMessage
	if err := json.Unmarshal(content, &categories); err != nil {
		return nil, err
	}
	if categories == nil {
		return nil, errNull
	}
	var entries []entry
	for category, text := range categories {
		if category == "_meta" {
			continue
		}
		var packages map[string]pipfilePackage
		if err := json.Unmarshal(text, &packages); err != nil {
			return nil, err
		}
		for name, p := range packages {
			entries = append(entries, p.entry(name))
		}
	}
	return entries, nil
}

func (p pipfilePackage) entry(name string) entry {
	switch {
	case p.Git != "":
		return entryFromGit(p.Git, p.Ref)
	case p.Hg != "", p.SVN != "", p.Path != "", p.File != "" && !strings.Contains(p.File, "://"):
		return entry{}
	case p.File != "":
		// An archive at some address has a name, and no version that the index knows.
		return entry{purlType: "pypi", name: pypiName(name)}
	default:
		return entry{purlType: "pypi", name: pypiName(name), version: pinned(p.Version)}
	}
}
