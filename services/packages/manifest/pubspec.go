package manifest

import "go.yaml.in/yaml/v3"

// pubspecLock is the part of a pubspec.lock that names packages.
type pubspecLock struct {
	Packages map[string]pubspecPackage `yaml:"packages"`
}

type pubspecPackage struct {
	// Description is a table, or the name alone.
	Description yaml.Node `yaml:"description"`
	Source      string    `yaml:"source"`
	Version     string    `yaml:"version"`
}

func decodePubspecLock(content []byte) ([]entry, error) {
	var lock *pubspecLock
	if err := yaml.Unmarshal(content, &lock); err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, errNull
	}
	entries := make([]entry, 0, len(lock.Packages))
	for name, p := range lock.Packages {
		entries = append(entries, p.entry(name))
	}
	return entries, nil
}

// entry skips folders, and what comes with the SDK: no registry has that version.
func (p pubspecPackage) entry(name string) entry {
	switch p.Source {
	case "path", "sdk":
		return entry{}
	case "git":
		var description struct {
			URL    string `yaml:"url"`
			Commit string `yaml:"resolved-ref"`
		}
		if p.Description.Decode(&description) != nil {
			return entry{}
		}
		return entryFromGit(description.URL, description.Commit)
	default:
		return entry{purlType: "pub", name: name, version: p.Version}
	}
}
